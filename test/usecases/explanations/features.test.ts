import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { compileCheck } from '../../../core/contract/check.ts';
import type { RawTensor } from '../../../core/contract/raw-tensor.ts';
import type { Explanation } from '../../../core/explain/explanation.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { Baseline } from '../../../core/profile/profile.ts';
import { loadModelBytes, type OnnxModel } from '../../../platform/onnx/model.ts';
import { floats, node, tensor, value } from '../../../scripts/lib/onnx-writer.ts';
import { createExplainer } from '../../../usecases/explanations/create-explainer.ts';
import type { Explainer } from '../../../usecases/explanations/explainer.ts';
import { encodeGraph, model } from '../../fixtures/onnx/onnx-model.ts';

const CLASSES = ['setosa', 'constructor', 'virginica'];

/**
 * Inputs of every kind side by side: an integer, a boolean, a text, a matrix of three named features. Of them a softmax
 * over three classes, and the class itself.
 */
function mixedModel(rows: number | string = 'n'): Uint8Array {
  const cast = (from: string, to: string) => node('Cast', [from], [to], { to: 1 });
  return model(
    encodeGraph('mixed', {
      nodes: [
        cast('count', 'count.f'),
        cast('flag', 'flag.f'),
        node('Equal', ['kind', 'a'], ['is.a']),
        cast('is.a', 'kind.f'),
        node('Concat', ['count.f', 'flag.f', 'kind.f', 'matrix'], ['all'], { axis: 1 }),
        node('Gemm', ['all', 'weights', 'bias'], ['logits']),
        node('Softmax', ['logits'], ['probabilities'], { axis: 1 }),
        node('ArgMax', ['logits'], ['best'], { axis: 1, keepdims: 0 }),
        node('Gather', ['names', 'best'], ['label']),
      ],
      constants: [
        tensor('a', 'string', [1], ['a']),
        tensor('names', 'string', [3], CLASSES),
        floats('weights', [6, 3], [1, -1, 0.5, 0.7, 0.2, -2, 1.5, -1, 0, 0.3, -0.3, 1, 0, 1, -1, 2, 0, -1]),
        floats('bias', [3], [0.1, 0, -0.1]),
      ],
      inputs: [
        value('count', 'int64', [rows, 1]),
        value('flag', 'bool', [rows, 1]),
        value('kind', 'string', [rows, 1]),
        value('matrix', 'float32', [rows, 3]),
      ],
      outputs: [value('label', 'string', [rows]), value('probabilities', 'float32', [rows, 3])],
    }),
    { opsets: { '': 19 } },
  );
}

/** One tree over the integer and the boolean, beside inputs that it does not read: 1 where the count is over 2, else 5 or 7. */
function treeModel(rows: number | string): Uint8Array {
  const tree = { name: 'TreeEnsembleRegressor', domain: 'ai.onnx.ml' };
  return model(
    encodeGraph('tree', {
      nodes: [
        node('Cast', ['count'], ['count.f'], { to: 1 }),
        node('Cast', ['flag'], ['flag.f'], { to: 1 }),
        node('Concat', ['count.f', 'flag.f'], ['all'], { axis: 1 }),
        node(tree, ['all'], ['score'], {
          n_targets: 1,
          nodes_treeids: [0, 0, 0, 0, 0],
          nodes_nodeids: [0, 1, 2, 3, 4],
          nodes_featureids: [0, 1, 0, 0, 0],
          nodes_modes: { texts: ['BRANCH_LEQ', 'BRANCH_LEQ', 'LEAF', 'LEAF', 'LEAF'] },
          nodes_values: { floats: [2, 0.5, 0, 0, 0] },
          nodes_truenodeids: [1, 3, 0, 0, 0],
          nodes_falsenodeids: [2, 4, 0, 0, 0],
          target_treeids: [0, 0, 0],
          target_nodeids: [2, 3, 4],
          target_ids: [0, 0, 0],
          target_weights: { floats: [1, 5, 7] },
        }),
        node('Shape', ['kind'], ['kind.shape']),
        node('Shape', ['matrix'], ['matrix.shape']),
      ],
      inputs: [
        value('count', 'int64', [rows, 1]),
        value('flag', 'bool', [rows, 1]),
        value('kind', 'string', [rows, 1]),
        value('matrix', 'float32', [rows, 3]),
      ],
      outputs: [value('score', 'float32', [rows, 1])],
    }),
    { opsets: { '': 17, 'ai.onnx.ml': 3 } },
  );
}

/** A sum over all rows, and logarithms of what may be negative. */
const oddModel = (): Uint8Array =>
  model(
    encodeGraph('odd', {
      nodes: [
        node('ReduceMean', ['matrix'], ['sum'], { axes: [0], keepdims: 1 }),
        node('Cast', ['count'], ['count.f'], { to: 1 }),
        node('Gather', ['matrix', 'second'], ['one'], { axis: 1 }),
        node('Log', ['one'], ['log']),
        node('Shape', ['kind'], ['kind.shape']),
        node('Shape', ['flag'], ['flag.shape']),
      ],
      constants: [tensor('second', 'int64', [1], BigInt64Array.of(1n))],
      inputs: [
        value('count', 'int64', ['n', 1]),
        value('flag', 'bool', ['n', 1]),
        value('kind', 'string', ['n', 1]),
        value('matrix', 'float32', ['n', 3]),
      ],
      outputs: [value('sum', 'float32', ['r', 3]), value('log', 'float32', ['n', 1])],
    }),
  );

const inputsOf = (rows: number | string): Uint8Array[] => [
  value('count', 'int64', [rows, 1]),
  value('flag', 'bool', [rows, 1]),
  value('kind', 'string', [rows, 1]),
  value('matrix', 'float32', [rows, 3]),
];

/** Fails on counts that are over 4: of the others it gives hundreds, or by a tree the count itself. */
function lookupModel(rows: number | string, trees: boolean): Uint8Array {
  const tree = { name: 'TreeEnsembleRegressor', domain: 'ai.onnx.ml' };
  const oneHot = { name: 'OneHotEncoder', domain: 'ai.onnx.ml' };
  const none = new Array<number>(9).fill(0);
  const looked = trees
    ? [
        node(oneHot, ['count'], ['hot'], { cats_int64s: [0, 1, 2, 3, 4], zeros: 0 }),
        node('Flatten', ['hot'], ['places'], { axis: 1 }),
        node(tree, ['places'], ['score'], {
          n_targets: 1,
          nodes_treeids: none,
          nodes_nodeids: [...none.keys()],
          nodes_featureids: [4, 0, 3, 0, 2, 0, 1, 0, 0],
          nodes_modes: { texts: none.map((_, i) => (i % 2 === 0 && i < 8 ? 'BRANCH_GT' : 'LEAF')) },
          nodes_values: { floats: none.map(() => 0.5) },
          nodes_truenodeids: [1, 0, 3, 0, 5, 0, 7, 0, 0],
          nodes_falsenodeids: [2, 0, 4, 0, 6, 0, 8, 0, 0],
          target_treeids: [0, 0, 0, 0, 0],
          target_nodeids: [1, 3, 5, 7, 8],
          target_ids: [0, 0, 0, 0, 0],
          target_weights: { floats: [4, 3, 2, 1, 0] },
        }),
      ]
    : [node('Gather', ['table', 'count'], ['score'], { axis: 0 })];
  return model(
    encodeGraph('lookup', {
      nodes: [...looked, ...['flag', 'kind', 'matrix'].map((name) => node('Shape', [name], [`${name}.shape`]))],
      constants: [floats('table', [5], [0, 100, 200, 300, 400])],
      inputs: inputsOf(rows),
      outputs: [value('score', 'float32', [rows, 1])],
    }),
    { opsets: { '': 17, 'ai.onnx.ml': 3 } },
  );
}

/** The count, less a number, as an element of a type. */
const countModel = (type: 'int64' | 'bool' | 'string', less = 0n): Uint8Array =>
  model(
    encodeGraph('count', {
      nodes: [
        node('Sub', ['count', 'less'], ['left']),
        node('Cast', ['left'], ['answer'], { to: { int64: 7, bool: 9, string: 8 }[type] }),
        ...['flag', 'kind', 'matrix'].map((name) => node('Shape', [name], [`${name}.shape`])),
      ],
      constants: [tensor('less', 'int64', [1], BigInt64Array.of(less))],
      inputs: inputsOf('n'),
      outputs: [value('answer', type, ['n', 1])],
    }),
    { opsets: { '': 17 } },
  );

const FEATURES = [
  { name: 'count', type: 'integer', min: 0, max: 5 },
  { name: 'flag', type: 'boolean' },
  { name: 'kind', type: 'string' },
  ...['x', 'toString', 'z'].map((name, index) => ({ name, type: 'float', input: 'matrix', index })),
];
const NAMES = FEATURES.map(({ name }) => name);

/** Features of a row as they come in a request, in the order of NAMES. */
type Row = [number | null, boolean | null, string | null, number, number, number];

const numeric = (missing = 0) => ({
  kind: 'numeric',
  rows: 10 + missing,
  missing,
  edges: [2],
  counts: [5, 5],
  min: 0,
  max: 5,
  mean: 2,
  m2: 1,
});
const categorical = (...categories: string[]) => ({
  kind: 'categorical',
  rows: 10,
  missing: 0,
  categories,
  counts: categories.map(() => 10 / categories.length),
  other: 0,
  unseen: 0,
});

function baselineOf(rows: readonly Row[] | undefined, missing = 0): Baseline {
  const columns = Object.fromEntries([
    ['count', numeric(missing)],
    ['flag', categorical('true', 'false')],
    ['kind', categorical('a', 'b')],
    ...['x', 'toString', 'z'].map((name) => [name, numeric()]),
  ]);
  return Baseline.parse({
    format: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    source: '0'.repeat(64),
    profile: { rows: 10 + missing, columns },
    chunks: [],
    ...(rows === undefined ? {} : { background: { columns: NAMES, rows } }),
  });
}

const LABELLED = {
  outputs: [
    { name: 'label', meaning: 'label', classes: [...CLASSES].reverse() },
    { name: 'probabilities', meaning: 'probabilities', classes: CLASSES },
  ],
  decision: { task: 'multiclass', output: 'label' },
};

const REFERENCE: Row[] = [
  [0, false, 'b', 0, 0, 0],
  [1, true, 'a', 1, -1, 0.5],
  [4, false, 'a', -1, 2, 1],
];

interface Opened {
  readonly explainer: Explainer;
  readonly run: (rows: readonly Row[], asked?: object) => Promise<Explanation>;
}

const opened: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const each of opened) await each.close();
});

async function open(manifest: object, baseline: Baseline, graph: Uint8Array = mixedModel()): Promise<Opened> {
  const loaded: OnnxModel = await loadModelBytes('mixed', graph, 1);
  const { signature } = loaded;
  const parsed = Manifest.parse({ name: 'mixed', contract: { features: FEATURES }, ...manifest });
  const explainer = createExplainer({
    model: loaded,
    signature,
    manifest: parsed,
    file: async () => graph,
    baseline,
  });
  opened.push({ close: () => explainer.close().then(() => loaded.release()) });
  const check = compileCheck(parsed.contract, signature);
  return {
    explainer,
    run: (rows, asked) => explainer.explain(check.run(rawTensors(rows), false).tensors, rows.length, asked),
  };
}

const rawTensors = (rows: readonly Row[]): Map<string, RawTensor> =>
  new Map<string, RawTensor>([
    ...['count', 'flag', 'kind'].map((name, i): [string, RawTensor] => [
      name,
      { shape: [rows.length, 1], data: rows.map((row) => row[i]) },
    ]),
    ['matrix', { shape: [rows.length, 3], data: rows.flatMap((row) => row.slice(3)) }],
  ]);

/** The probabilities that the graph gives for a row, worked out by hand. */
function probabilities([count, flag, kind, ...matrix]: Row): number[] {
  const weights = [1, -1, 0.5, 0.7, 0.2, -2, 1.5, -1, 0, 0.3, -0.3, 1, 0, 1, -1, 2, 0, -1];
  const all = [count!, Number(flag), Number(kind === 'a'), ...matrix];
  const logits = [0.1, 0, -0.1].map((bias, k) => all.reduce((sum, x, i) => sum + x * weights[3 * i + k]!, bias));
  const exps = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  return exps.map((each) => each / exps.reduce((a, b) => a + b));
}

const greatest = (values: readonly number[]): number => values.indexOf(Math.max(...values));

describe('explaining a model of mixed inputs', () => {
  it('gives values that add up to the probability of the class that each row has', async () => {
    const { run } = await open(LABELLED, baselineOf(REFERENCE));
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.integer({ min: 0, max: 5 }),
            fc.boolean(),
            fc.constantFrom('a', 'b'),
            ...[1, 2, 3].map(() => fc.integer({ min: -16, max: 16 }).map((x) => x / 8)),
          ) as unknown as fc.Arbitrary<Row>,
          { minLength: 1, maxLength: 4 },
        ),
        async (rows) => {
          const found = await run(rows);
          expect(found).toMatchObject({ method: 'sampled', output: 'probabilities', column: null, background: 'rows' });
          expect(found.features).toEqual(NAMES);
          for (const [i, { column, class: name, baseValue, value, values }] of found.rows.entries()) {
            const expected = probabilities(rows[i]!);
            expect(expected[column]).toBeGreaterThanOrEqual(Math.max(...expected) - 1e-6);
            expect(name).toBe(CLASSES[column]);
            expect(value).toBeCloseTo(expected[column]!, 5);
            const base = REFERENCE.reduce((sum, row) => sum + probabilities(row)[column]! / REFERENCE.length, 0);
            expect(baseValue).toBeCloseTo(base, 5);
            expect(baseValue + values.reduce((a, b) => a + b, 0)).toBeCloseTo(value, 6);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  const ROWS: Row[] = [
    [3, true, 'a', 1, 0, 0],
    [0, false, 'b', 0, 2, 0],
    [0, false, 'b', 2, -1, -1],
  ];

  it('explains another class where it is named, by its name or its column', async () => {
    const { run } = await open(LABELLED, baselineOf(REFERENCE));
    const byName = await run(ROWS, { class: 'constructor' });
    expect(byName).toMatchObject({ column: 1, rows: ROWS.map(() => ({ column: 1, class: 'constructor' })) });
    expect(byName.rows.map(({ value }) => value)).toEqual(ROWS.map((row) => expect.closeTo(probabilities(row)[1]!, 5)));
    expect((await run(ROWS, { column: 1 })).rows).toEqual(byName.rows);
    await expect(run(ROWS, { class: 'toString' })).rejects.toThrow(
      'output probabilities has no class toString: expected one of setosa, constructor, virginica',
    );
    await expect(run(ROWS, { class: 'setosa', column: 0 })).rejects.toThrow('a column or a class, and not both');
    await expect(run(ROWS, { column: 3 })).rejects.toThrow('output probabilities has columns 0 to 2, received 3');
  });

  it.each([
    ['probabilities that decide', { decision: { task: 'multiclass', output: 'probabilities', classes: CLASSES } }],
    ['probabilities that nothing decides by', { outputs: [{ name: 'probabilities', meaning: 'probabilities' }] }],
    [
      'a label without names',
      { outputs: [{ name: 'label', meaning: 'label' }], decision: { task: 'multiclass', output: 'label' } },
    ],
  ])('takes the greatest for the class predicted, of %s', async (_, manifest) => {
    const { run } = await open(manifest, baselineOf(REFERENCE));
    const { column, rows } = await run(ROWS);
    expect(column).toBeNull();
    expect(rows.map((row) => row.column)).toEqual(ROWS.map((row) => greatest(probabilities(row))));
    expect(new Set(rows.map((row) => row.column)).size).toBeGreaterThan(1);
  });

  it('asks which column is meant where nothing says that they are classes', async () => {
    const { run } = await open({}, baselineOf(REFERENCE));
    await expect(run(ROWS)).rejects.toThrow('output probabilities has 3 columns: say which one is to be explained');
    expect((await run(ROWS, { column: 2 })).column).toBe(2);
  });

  it('leaves out rows of the reference whose integer or boolean is missing, and text may be', async () => {
    const gaps: Row[] = [
      [null, true, 'a', 1, 1, 1],
      [2, null, 'a', 1, 1, 1],
      [2, true, null, 1, 1, 1],
      [1.5, true, 'a', 1, 1, 1],
    ];
    const { run } = await open(LABELLED, baselineOf(gaps));
    const found = await run(ROWS, { column: 0 });
    expect(found).toMatchObject({ background: 'rows', backgroundRows: 1 });
    expect(found.rows[0]!.baseValue).toBeCloseTo(probabilities(gaps[2]!)[0]!, 5);
  });

  it.each([
    ['no rows', undefined],
    ['no row that the model can be asked about', [[null, true, 'a', 1, 1, 1] as Row]],
  ])('draws from columns, but no missing integers, where the baseline keeps %s', async (_, rows) => {
    const { run } = await open(LABELLED, baselineOf(rows, 40));
    const found = await run(ROWS);
    expect(found).toMatchObject({ background: 'marginals', backgroundRows: 100, complete: true });
    for (const { baseValue, value, values } of found.rows)
      expect(baseValue + values.reduce((a, b) => a + b, 0)).toBeCloseTo(value, 6);
  });

  it('fills up the runs of a graph that takes a fixed number of rows', async () => {
    const { run } = await open(LABELLED, baselineOf(REFERENCE), mixedModel(3));
    const free = await open(LABELLED, baselineOf(REFERENCE));
    const [fixed, expected] = [await run(ROWS), await free.run(ROWS)];
    for (const [i, row] of fixed.rows.entries()) {
      expect(row.value).toBeCloseTo(expected.rows[i]!.value, 6);
      expect(row.baseValue).toBeCloseTo(expected.rows[i]!.baseValue, 6);
    }
  });

  it('keeps inputs that the contract is silent on as they are in the row', async () => {
    const contract = { features: FEATURES.slice(0, 3) };
    const { run } = await open({ ...LABELLED, contract }, baselineOf(undefined));
    const { features, rows } = await run(ROWS);
    expect(features).toEqual(NAMES.slice(0, 3));
    for (const [i, { column, value }] of rows.entries()) expect(value).toBeCloseTo(probabilities(ROWS[i]!)[column]!, 5);
    const trees = await open({ contract }, baselineOf(undefined), treeModel('n'));
    expect((await trees.run(ROWS)).method).toBe('exact');
  });

  it.each(['n', 3])('is exact where trees take integers and booleans, of graphs that take %s rows', async (size) => {
    const { run } = await open({}, baselineOf([...REFERENCE, [0, true, 'a', 0, 0, 0]]), treeModel(size));
    const found = await run(ROWS);
    expect(found).toMatchObject({ method: 'exact', column: 0, scale: 'output', backgroundRows: 4 });
    // Counts of 0, 1, 4 and 0 with flags no, yes, no, yes: 5, 7, 1, 7.
    for (const [i, { baseValue, value, values }] of found.rows.entries()) {
      expect(baseValue).toBeCloseTo(5, 6);
      expect(value).toBeCloseTo([1, 5, 5][i]!, 6);
      expect(values.slice(2)).toEqual([0, 0, 0, 0]);
      expect(baseValue + values[0]! + values[1]!).toBeCloseTo(value, 6);
    }
  });

  it('is refused where what is explained is no number, or not one a row', async () => {
    const { run } = await open({ decision: { task: 'regression', output: 'sum' } }, baselineOf(REFERENCE), oddModel());
    await expect(run(ROWS)).rejects.toThrow(/^output sum is not by row, it has shape \[1,3\]/);
    await expect(run(ROWS, { output: 'log' })).rejects.toThrow(
      'output log is -Infinity for row 0: only numbers are explained',
    );
    const none: Row[] = [[0, true, 'a', 0, -1, 0]];
    const { run: alone } = await open(
      { decision: { task: 'regression', output: 'log' } },
      baselineOf(none),
      oddModel(),
    );
    await expect(alone([[0, true, 'a', 0, 2, 0]])).rejects.toThrow(
      'the model gives no number in output log for any row of the background',
    );
  });

  it('leaves out rows of the reference that the model has no number for', async () => {
    const { run } = await open(
      { decision: { task: 'regression', output: 'log' } },
      baselineOf([...REFERENCE, [0, true, 'b', 0, 4, 0]]),
      oddModel(),
    );
    // Logarithms of 0, -1, 2 and 4.
    const found = await run([
      [0, true, 'a', 0, 1, 0],
      [0, true, 'a', 0, 8, 0],
    ]);
    expect(found).toMatchObject({ method: 'sampled', background: 'rows', backgroundRows: 2, complete: true });
    for (const [i, { baseValue, value, values }] of found.rows.entries()) {
      expect(baseValue).toBeCloseTo((Math.log(2) + Math.log(4)) / 2, 5);
      expect(value).toBeCloseTo(Math.log([1, 8][i]!), 5);
      expect(values[4]).toBeCloseTo(value - baseValue, 5);
    }
  });

  it.each([
    ['sampled', 'n', false],
    ['sampled', 3, false],
    ['exact', 'n', true],
    ['exact', 3, true],
  ] as const)(
    'leaves out rows of the reference that the graph fails on: %s, of %s rows',
    async (method, rows, trees) => {
      const counts = [0, 7, 2, 9, 4, 1];
      const reference = counts.map((count): Row => [count, true, 'a', 0, 0, 0]);
      const { run } = await open({}, baselineOf(reference), lookupModel(rows, trees));
      const found = await run(ROWS);
      expect(found).toMatchObject({ method, background: 'rows', backgroundRows: 4 });
      for (const [i, { baseValue, value, values }] of found.rows.entries()) {
        expect(baseValue).toBeCloseTo(trees ? 1.75 : 175, 4);
        expect(value).toBeCloseTo(trees ? [3, 0, 0][i]! : [300, 0, 0][i]!, 4);
        expect(baseValue + values[0]!).toBeCloseTo(value, 4);
      }
      const failing = await open({}, baselineOf([[7, true, 'a', 0, 0, 0]]), lookupModel(rows, trees));
      await expect(failing.run(ROWS)).rejects.toThrow('there is nothing to compare with');
    },
  );

  it('compares with integers beyond 2^53 as they are, of rows whose digits were kept', async () => {
    const features = FEATURES.map(({ name, type, ...more }) => ({ name, type, ...('input' in more ? more : {}) }));
    const baseline = baselineOf(REFERENCE);
    const rows = [1n, 2n, 6n].map((step) => [String(2n ** 53n + step), true, 'a', 0, 0, 0]);
    const kept = Baseline.parse({ ...baseline, background: { columns: NAMES, rows } });
    const { run } = await open({ contract: { features } }, kept, countModel('int64', 2n ** 53n));
    expect((await run([[0, true, 'a', 0, 0, 0]])).rows[0]).toMatchObject({ baseValue: 3, value: -(2 ** 53) });
  });

  it('explains features that drift is not looked for in, of the rows that the baseline keeps', async () => {
    const baseline = baselineOf(REFERENCE);
    const columns = Object.fromEntries(Object.entries(baseline.profile.columns).filter(([name]) => name === 'x'));
    const uncounted = { ...baseline, profile: { ...baseline.profile, columns } };
    const found = await (await open(LABELLED, uncounted)).run(ROWS);
    expect(found).toMatchObject({ features: NAMES, fixed: [], background: 'rows' });
    expect(found.rows).toEqual((await (await open(LABELLED, baseline)).run(ROWS)).rows);
    const none = { ...uncounted, profile: { ...baseline.profile, columns: {} } };
    expect((await (await open(LABELLED, none)).run(ROWS)).rows).toEqual(found.rows);
  });

  it('takes the only output of numbers where nothing decides, and says where there is none', async () => {
    const whole = await open({}, baselineOf(REFERENCE), countModel('int64'));
    expect(await whole.run(ROWS)).toMatchObject({ output: 'answer', rows: [{ value: 3 }, { value: 0 }, { value: 0 }] });
    const boolean = await open({}, baselineOf(REFERENCE), countModel('bool'));
    expect(await boolean.run(ROWS)).toMatchObject({ rows: [{ value: 1 }, { value: 0 }, { value: 0 }] });
    const text = await open({}, baselineOf(REFERENCE), countModel('string'));
    const message = 'every output of the model is text (answer): only numbers can be explained';
    await expect(text.run(ROWS)).rejects.toThrow(message);
    await expect(text.run(ROWS, { output: 'answer' })).rejects.toThrow(message);
  });
});
