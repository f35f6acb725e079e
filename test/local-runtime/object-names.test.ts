import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../cli/main.ts';
import { Capture } from '../../core/captures/capture.ts';
import { type LocalRuntime, startLocalRuntime } from '../../local-runtime/local-runtime.ts';
import { openLocalHome } from '../../platform/local/home.ts';
import type { Home } from '../../platform/ports.ts';
import { floats, node, tensor, value } from '../../scripts/lib/onnx-writer.ts';
import { encodeGraph, model } from '../fixtures/onnx/onnx-model.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** Names that every object of JavaScript has are names of inputs, outputs, features and classes like others. */
const CLASSES = ['constructor', 'length', 'valueOf'];
const INPUTS = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'length'] as const;
const LABEL = 'propertyIsEnumerable';

const WEIGHTS = [1, -1, 0.5, 0.1, 0.2, -0.3, 1, -1, 0, 0.3, -0.3, 1, 0, 1, -1];

const graph = model(
  encodeGraph('names', {
    nodes: [
      node('Cast', ['toString'], ['integer'], { to: 1 }),
      node('Cast', ['hasOwnProperty'], ['boolean'], { to: 1 }),
      node('Equal', ['valueOf', 'one'], ['is.one']),
      node('Cast', ['is.one'], ['text'], { to: 1 }),
      node('Concat', ['constructor', 'integer', 'boolean', 'text', 'length'], ['all'], { axis: 1 }),
      node('Gemm', ['all', 'weights'], ['logits']),
      node('Softmax', ['logits'], ['__defineGetter__'], { axis: 1 }),
      node('ArgMax', ['logits'], ['best'], { axis: 1, keepdims: 0 }),
      node('Gather', ['names', 'best'], ['isPrototypeOf']),
    ],
    constants: [
      tensor('one', 'string', [1], ['toString']),
      tensor('names', 'string', [3], CLASSES),
      floats('weights', [5, 3], WEIGHTS),
    ],
    inputs: [
      value('constructor', 'float32', ['n', 1]),
      value('toString', 'int64', ['n', 1]),
      value('hasOwnProperty', 'bool', ['n', 1]),
      value('valueOf', 'string', ['n', 1]),
      value('length', 'float32', ['n', 1]),
    ],
    outputs: [value('isPrototypeOf', 'string', ['n']), value('__defineGetter__', 'float32', ['n', 3])],
  }),
  { opsets: { '': 19 } },
);

const folder = temporaryFolder('object-names');
const home = path.join(folder, 'home');
const data = path.join(folder, 'data.csv');
let runtime: LocalRuntime;
let opened: Home;

async function run(...argv: string[]): Promise<string> {
  const lines: string[] = [];
  const io = { out: (text: string) => lines.push(text), err: (text: string) => lines.push(text), env: {} };
  const status = await main(['--home', home, ...argv], io);
  if (status > 0) throw new Error(`${argv.join(' ')}: ${lines.join('\n')}`);
  return lines.join('\n');
}
const json = async (...argv: string[]) => JSON.parse(await run(...argv, '--json'));

async function until<T>(find: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; ; tries++) {
    const found = await find().catch(() => undefined);
    if (found !== undefined) return found;
    if (tries === 600) throw new Error('it has not come');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

beforeAll(async () => {
  writeFileSync(path.join(folder, 'model.onnx'), graph);
  const rows = Array.from({ length: 200 }, (_, i) =>
    [
      (i % 17) / 8 - 1,
      i % 5,
      i % 3 === 0,
      ['toString', '__proto__', 'constructor'][i % 3],
      (i % 11) / 5 - 1,
      CLASSES[i % 3],
    ].join(),
  );
  writeFileSync(data, [[...INPUTS, LABEL].join(), ...rows, ''].join('\n'));
  const place = path.join(folder, 'model');
  mkdirSync(place);
  writeFileSync(path.join(place, 'model.onnx'), graph);
  await run('init', '--model', path.join(folder, 'model.onnx'), '--data', data, '--name', 'names', '--label', LABEL, '--output', 'isPrototypeOf', '--out', place, '--force'); // biome-ignore format: a command
  opened = await openLocalHome(home);
  runtime = await startLocalRuntime({ home, port: 0, every: { 'ground-truth': 0.2 } });
  await run('register', place);
  await run('approve', 'names', '1');
  await run('release', 'names', '1');
  await until(() => run('predict', 'names', '--data', data, '--limit', '1'));
});
afterAll(async () => {
  await runtime.close();
  await opened.close();
});

const ROW = { constructor: 0.5, toString: 2, hasOwnProperty: true, valueOf: 'toString', length: -0.25 };
const V2 = Object.entries({ constructor: 'FP32', toString: 'INT64', hasOwnProperty: 'BOOL', valueOf: 'BYTES', length: 'FP32' }).map(([name, datatype]) => ({ name, datatype, shape: [1, 1], data: [ROW[name as keyof typeof ROW]] })); // biome-ignore format: a table

/** What the graph gives for the row, worked out by hand. */
const PROBABILITIES = (() => {
  const all = [ROW.constructor, ROW.toString, 1, 1, ROW.length];
  const exps = [0, 1, 2].map((k) => Math.exp(all.reduce((sum, x, i) => sum + x * WEIGHTS[3 * i + k]!, 0)));
  return exps.map((each) => each / exps.reduce((a, b) => a + b));
})();

describe('names that every object has', () => {
  const post = async (at: string, body: unknown, type = 'application/json') => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${runtime.url}${at}`, {
      method: 'POST',
      body: text,
      headers: { 'content-type': type },
    });
    return { status: response.status, body: await response.text() };
  };

  it.each<[string, string, unknown, string?]>([
    ['v1 by row', '/v1/models/names:predict', { instances: [ROW] }],
    ['v1 by column', '/v1/models/names:predict', { inputs: Object.fromEntries(Object.entries(ROW).map(([k, v]) => [k, [v]])) }],
    ['v1, classify', '/v1/models/names:classify', { examples: [ROW] }],
    ['v2', '/v2/models/names/infer', { inputs: V2 }],
    ['v2, one output', '/v2/models/names/infer', { inputs: V2, outputs: [{ name: '__defineGetter__' }] }],
    ['MLflow, records', '/invocations', { dataframe_records: [ROW] }],
    ['MLflow, split', '/invocations', { dataframe_split: { columns: INPUTS, data: [INPUTS.map((name) => ROW[name])] } }],
    ['SageMaker', '/endpoints/names/invocations', [ROW]],
    ['SageMaker, CSV', '/endpoints/names/invocations', `${INPUTS}\n${INPUTS.map((name) => ROW[name])}\n`, 'text/csv'],
    ['Seldon', '/api/v1.0/predictions', { data: { names: INPUTS, ndarray: [INPUTS.map((name) => ROW[name])] } }],
    ['Seldon, JSON', '/api/v1.0/predictions', { jsonData: ROW }],
    ['TorchServe', '/predictions/names', ROW],
    ['TorchServe, form', '/predictions/names', new URLSearchParams(Object.entries(ROW).map(([k, v]): [string, string] => [k, String(v)])).toString(), 'application/x-www-form-urlencoded'],
  ])('are answered by %s', async (_, at, body, type) => {
    const { status, body: text } = await post(at, body, type);
    expect([status, text]).toEqual([200, expect.any(String)]);
    // The probabilities stand in their order, whatever else there is.
    const found = [...text.matchAll(/0\.\d{3,}/g)].map(([number]) => Number(number));
    expect(found.slice(0, 3)).toEqual(PROBABILITIES.map((each) => expect.closeTo(each, 5)));
  }); // biome-ignore format: a table

  it('are missed, or too many, as any others are', async () => {
    const lacks = await post('/v1/models/names:predict', { instances: [{ constructor: 1 }] });
    expect(lacks).toEqual({
      status: 400,
      body: JSON.stringify({ error: 'instance 0 lacks toString, hasOwnProperty, valueOf, length' }),
    });
    const { valueOf: _, ...rest } = ROW;
    const record = await post('/invocations', { dataframe_records: [rest] });
    expect(record).toMatchObject({ status: 400, body: expect.stringContaining('missing column valueOf') });
    const extra = await post('/v1/models/names:predict', JSON.stringify({ instances: [ROW] }).replace('{"constructor"', '{"__proto__":{"length":1},"constructor"')); // biome-ignore format: a body
    expect(extra).toMatchObject({ status: 400, body: expect.stringContaining('no column named __proto__') });
  });

  it('are captured, and looked for in drift', async () => {
    const capture = await until(async () => {
      for await (const { key } of opened.captures.list('captures/'))
        for (const line of Buffer.from(await opened.captures.get(key))
          .toString()
          .split('\n')) {
          const read = line === '' ? undefined : Capture.parse(JSON.parse(line));
          if (read?.failed === undefined && read?.features.length?.[0] === ROW.length) return read;
        }
    });
    expect(Object.entries(capture.features)).toEqual(Object.entries(ROW).map(([name, x]) => [name, [x]]));
    for (const drift of [await json('drift', 'names'), await json('drift', 'names', '--file', data, '--baseline', path.join(folder, 'model'))]) // biome-ignore format: both
      expect(drift.columns.map(({ column }: { column: string }) => column)).toEqual(
        expect.arrayContaining([...INPUTS]),
      );
  });

  it('are classes that truths are held against', async () => {
    for (const id of ['one', 'two']) await post('/v2/models/names/infer', { id, inputs: V2 });
    const records = [
      { id: 'one', truth: 'constructor' },
      { id: 'two', truth: 'valueOf' },
    ];
    expect((await post('/trimtab/v1/models/names/truth', { records })).status).toBe(202);
    const quality = await until(async () => {
      const view = await json('quality', 'names');
      return view.truths === 2 ? view : undefined;
    });
    expect(Object.keys(quality.classes)).toEqual(CLASSES);
    expect(quality.classes.constructor.recall).toMatchObject({ value: 1, n: 1 });
    expect(quality.classes.valueOf.recall).toMatchObject({ value: 0, n: 1 });
  });

  it('are columns of a file that is dropped, all of which are kept and counted', async () => {
    await opened.data.put('incoming/names/data.csv', readFileSync(data));
    await until(() => opened.data.get('datasets/names/dataset_version=000001/_manifest.json'));
    const kept = await run('profile', path.join(home, 'data/datasets/names/dataset_version=000001/data.parquet'));
    for (const name of [...INPUTS, LABEL]) expect(kept).toMatch(new RegExp(`^${name} +0\\.0 %`, 'm'));
  });

  it('are explained, as features and as classes', async () => {
    const view = await json('explain', 'names', '--data', data, '--limit', '4');
    expect(view).toMatchObject({ column: null, output: '__defineGetter__', features: [...INPUTS] });
    for (const { baseValue, value: score, values, class: name, column } of view.rows) {
      expect(name).toBe(CLASSES[column]);
      expect(baseValue + values.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(score, 6);
    }
    const one = await json('explain', 'names', '--data', data, '--limit', '4', '--class', 'valueOf');
    expect(one).toMatchObject({ column: 2, rows: new Array(4).fill({ class: 'valueOf' }) });
  });
});
