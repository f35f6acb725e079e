import { describe, expect, it } from 'vitest';
import type { Signature } from '../../../core/model/signature.ts';
import type { CategoricalProfile, NumericProfile, Profile } from '../../../core/profile/profile.ts';
import { type InferOptions, inferContract } from '../../../core/schema-inference/infer.ts';
import { InferenceError } from '../../../core/schema-inference/inference-error.ts';

const numeric = (min: number, max: number, missing = 0): NumericProfile => ({
  kind: 'numeric',
  rows: 100,
  missing,
  edges: [],
  counts: [100 - missing],
  min,
  max,
  mean: (min + max) / 2,
  m2: 1,
});
const text = (...categories: string[]): CategoricalProfile => ({
  kind: 'categorical',
  rows: 100,
  missing: 0,
  categories,
  counts: categories.map(() => 100 / categories.length),
  other: 0,
  unseen: 0,
});
/** As many different values as rows. */
const unique = (value: (i: number) => string): CategoricalProfile =>
  text(...Array.from({ length: 100 }, (_, i) => value(i)));
const output = { name: 'y', type: 'float32' as const, shape: [-1, 1] };
const data: Profile = {
  rows: 100,
  columns: {
    id: text('a', 'b'),
    a: numeric(0, 10),
    b: numeric(-5, 5, 3),
    c: text('x', 'y'),
    d: numeric(3, 7),
    late: text('0', '1'),
  },
};
const takes = (...inputs: Signature['inputs']): Signature => ({ inputs, outputs: [output] });
const wide = (name: string, width: number, type: 'float32' | 'string' = 'float32'): Signature['inputs'][number] => ({
  name,
  type,
  shape: [-1, width],
});
const order = (signature: Signature, profile: Profile, options?: InferOptions) => {
  const { contract, order: by } = inferContract(signature, profile, options);
  return { by, columns: contract.features.map(({ name, input, index }) => `${input ?? ''}${index ?? ''} ${name}`) };
};

describe('inferContract', () => {
  it('takes the only column whose name becomes that of an input as an identifier', () => {
    const inputs = ['length__cm_', 'width'].map((name) => ({ name, type: 'float32' as const, shape: [-1, 1] }));
    const named = (...names: string[]): Profile => ({
      rows: 100,
      columns: Object.fromEntries(names.map((name) => [name, numeric(0, 1)])),
    });
    expect(order(takes(...inputs), named('width', 'length (cm)')).columns).toEqual([
      'length__cm_0 length (cm)',
      ' width',
    ]);
    expect(() => order(takes(...inputs), named('width', 'length (cm)', 'length [cm]'))).toThrow(InferenceError);
  });

  it('takes types from the graph, and ranges a fifth wider than the data, which flag', () => {
    const signature = takes(
      { name: 'a', type: 'float32', shape: [-1, 1] },
      { name: 'b', type: 'float32', shape: [-1] },
      { name: 'c', type: 'string', shape: [-1, 1] },
      { name: 'd', type: 'int64', shape: [-1, 1] },
    );
    const { contract } = inferContract(signature, data, { id: 'id', label: 'late' });
    const onViolation = { min: 'flag', max: 'flag' };
    expect(contract.features).toMatchObject([
      { name: 'a', type: 'float', min: 0, max: 12, missing: 'reject', onViolation },
      { name: 'b', type: 'float', min: -7, max: 7, missing: 'allow', onViolation },
      { name: 'c', type: 'string', allowed: ['x', 'y'], onViolation: 'reject' },
      { name: 'd', type: 'integer', min: 2, max: 8, onViolation },
    ]);
    expect(contract.data).toEqual({ id: 'id', label: 'late', extra: [], personal: {} });
    expect(contract.file.unique).toEqual(['id']);
    const strict = inferContract(signature, data, { id: 'id', label: 'late', strict: true }).contract;
    expect(strict.features.map(({ onViolation: policy }) => policy)).toEqual(Array(4).fill('reject'));
  });

  it('has whole bounds for floats that were whole throughout, none of one value, and none that the type has', () => {
    const profile: Profile = { rows: 100, columns: { w: numeric(5, 23), f: numeric(5, 5), u: numeric(0, 250) } };
    const signature = takes(wide('w', 1), wide('f', 1), { name: 'u', type: 'uint8', shape: [-1] });
    const { contract, constant } = inferContract(signature, profile, { facts: new Map([['w', { whole: true }]]) });
    expect(contract.features).toMatchObject([
      { name: 'w', type: 'float', min: 1, max: 27 },
      { name: 'f', type: 'float' },
      { name: 'u', type: 'integer' },
    ]);
    expect(constant).toEqual(['f']);
    expect(contract.features[1]).not.toHaveProperty('min');
    expect(contract.features[2]).not.toHaveProperty('max');
  });

  it('gives the columns of one wide input to the numeric columns in the order of the data', () => {
    expect(order(takes(wide('x', 3)), data, { id: 'id' })).toEqual({ by: 'file', columns: ['x0 a', 'x1 b', 'x2 d'] });
    expect(inferContract(takes(wide('x', 3)), data, { id: 'id' }).contract.data.extra).toEqual(['c', 'late']);
    expect(order(takes(wide('x', -1)), data, { ignore: ['b'] }).columns).toEqual(['x0 a', 'x1 d']);
  });

  it('takes the order that is stated before that of the graph, and both before that of the data', () => {
    const x = takes(wide('x', 3));
    expect(order(x, data, { named: ['d', 'b', 'a'] })).toEqual({ by: 'graph', columns: ['x0 d', 'x1 b', 'x2 a'] });
    const features = ['b', 'd', 'a'];
    expect(order(x, data, { named: ['d', 'b', 'a'], features })).toEqual({
      by: 'stated',
      columns: ['x0 b', 'x1 d', 'x2 a'],
    });
    // Names that no data has say nothing.
    expect(order(x, data, { named: ['f0', 'f1', 'f2'] }).by).toBe('file');
    expect(() => order(x, data, { named: ['a', 'latte', 'd'] })).toThrow(
      'the graph says that it takes latte, and the data has no such column (did you mean late?)',
    );
    // An input by its own name beside others in order.
    const mixed = takes({ name: 'd', type: 'float32', shape: [-1] }, wide('x', 2));
    expect(order(mixed, data, { features: ['b', 'd', 'a'] }).columns).toEqual([' d', 'x0 b', 'x1 a']);
  });

  it('gives texts to inputs of texts, and numbers too where a graph takes nothing else', () => {
    const both = takes(wide('x', 3), wide('s', 3, 'string'));
    expect(order(both, data).columns).toEqual(['x0 a', 'x1 b', 'x2 d', 's0 id', 's1 c', 's2 late']);
    expect(order(takes(wide('s', 5, 'string')), data, { label: 'late' }).columns).toEqual([
      ...['s0 id', 's1 a', 's2 b', 's3 c', 's4 d'],
    ]);
  });

  it('leaves identifiers, times and texts out of drift, and out of a wide input that has enough without them', () => {
    const profile: Profile = {
      rows: 100,
      columns: {
        customer_id: numeric(1000, 9000),
        code: unique((i) => `C${i}`),
        made: unique((i) => `2024-01-01T00:00:${String(i).padStart(2, '0')}Z`),
        note: unique((i) => `called about bill ${i}`),
        day: numeric(20240101, 20240331),
        a: numeric(0, 1),
        target: numeric(0, 1),
      },
    };
    const facts = new Map([
      ['customer_id', { whole: true, distinct: 100 }],
      ['day', { whole: true, days: true }],
    ]);
    const { contract, taken, likely } = inferContract(takes(wide('x', 1)), profile, { facts, features: ['a'] });
    expect(contract.data).toMatchObject({
      label: 'target',
      extra: ['customer_id', 'code', 'made', 'note', 'day'],
    });
    expect(likely).toEqual({ id: 'customer_id', time: 'made' });
    expect(taken.map(({ column, as, why }) => `${column} ${as} ${why}`)).toEqual([
      'customer_id extra identifier: by its name, and every value differs',
      'code extra identifier: every value differs',
      'made extra time: times such as 2024-01-01T00:00:00Z',
      'note extra free text: texts of 4 words',
      'day extra time: days such as 20240101',
      'target label by its name',
    ]);
    expect(() => inferContract(takes(wide('x', 3)), profile, { facts, label: 'target' })).toThrow(
      'Not taken for features: customer_id (identifier: by its name, and every value differs), day (time',
    );
    const features = ['customer_id', 'day', 'a'];
    const three = inferContract(takes(wide('x', 3)), profile, { facts, label: 'target', features });
    expect(three.contract.features).toMatchObject([
      { name: 'customer_id', drift: false },
      { name: 'day', min: 20240050, max: 20240380, drift: false },
      { name: 'a' },
    ]);
    expect(three.contract.features[2]).not.toHaveProperty('drift');
    expect(inferContract(takes({ name: 'note', type: 'string', shape: [-1] }), profile).contract.features).toEqual([
      { name: 'note', type: 'string', missing: 'reject', onViolation: 'reject', personal: 'no', drift: false },
    ]);
  });

  it('takes a column without a value for a feature before anything that is called like ground truth', () => {
    const x = takes(wide('x', 3));
    const empty = numeric(0, 0, 100);
    const columns = { a: numeric(0, 1), b: { ...text(), missing: 100 }, c: numeric(2, 3) };
    const { contract, taken } = inferContract(x, { rows: 100, columns: { ...columns, target: numeric(0, 9) } });
    expect(contract.features).toMatchObject([
      { name: 'a' },
      { name: 'b', type: 'float', missing: 'allow', drift: false },
      { name: 'c' },
    ]);
    expect(contract.data.label).toBe('target');
    expect(taken[0]).toEqual({ column: 'b', as: 'feature without drift', why: 'empty: no value in 100 rows' });
    expect(order(takes(wide('x', 2)), { rows: 100, columns: { ...columns, target: empty } }).columns).toEqual([
      ...['x0 a', 'x1 c'],
    ]);
    // A label under another name cannot be told from a feature.
    const price = { rows: 100, columns: { ...columns, price: numeric(0, 9) } };
    expect(() => order(x, price)).toThrow('b may be a feature that could not be read. Without a value: b. Name the');
    expect(order(x, price, { label: 'price' }).columns).toEqual(['x0 a', 'x1 b', 'x2 c']);
    expect(order(x, price, { ignore: ['b'] }).columns).toEqual(['x0 a', 'x1 c', 'x2 price']);
    const whole = takes({ name: 'b', type: 'int64', shape: [-1] });
    expect(() => order(whole, price)).toThrow('column b has nothing else');
  });

  it.each([
    [
      ['1', '2.5', 'None', ...Array.from({ length: 20 }, (_, i) => String(i + 3))],
      "text by a few cells: b (by 'None')",
    ],
    [['1,5', '2,25', '-3,0'], 'Numbers with decimal commas are text here: b'],
  ])('never fills up with a label for a column of numbers that could not be read: %j', (categories, message) => {
    const columns = { a: numeric(0, 1), b: text(...categories), target: numeric(0, 9) };
    const infer = () => inferContract(takes(wide('x', 2)), { rows: 100, columns });
    expect(infer).toThrow(message);
    expect(infer).toThrow('Not taken for a feature: target (called like ground truth)');
  });

  it.each([
    ['', 'column 2 of the data (after a) has no name, and the model takes it'],
    ['x'.repeat(150), 'column 2 of the data has a name of 150 characters, xxxxxxxxxxxxxxxxxxxxxxxx…, and the model'],
    ['__proto__', 'column 2 of the data is called __proto__, which no column can be'],
  ])('says which column has a name that a feature cannot have: %j', (name, message) => {
    const columns = Object.fromEntries(['a', name, 'b'].map((each) => [each, numeric(0, 1)]));
    const infer = () => inferContract(takes(wide('x', 3)), { rows: 100, columns });
    expect(infer).toThrow(InferenceError);
    expect(infer).toThrow(message);
  });

  it('takes true and false for what they are, whatever number the graph wants', () => {
    const profile: Profile = { rows: 100, columns: { a: text('True', 'False'), b: numeric(0, 1) } };
    expect(inferContract(takes(wide('x', 2)), profile).contract.features).toMatchObject([
      { name: 'a', type: 'boolean' },
      { name: 'b', type: 'float' },
    ]);
  });

  it.each([
    [[{ name: 'z', type: 'float32', shape: [-1, 1] }], {}, 'input z finds no column of its name'],
    [
      [wide('x', 4)],
      {},
      'input x takes 4 columns, and the data has 3 numeric ones that no other input takes: a, b, d (and text',
    ],
    [
      [wide('x', 2)],
      {},
      'Leave out 1 of them with --ignore, or with --label where one is the ground truth, or name the 2 in the order',
    ],
    [[{ name: 'c', type: 'float32', shape: [-1, 1] }], {}, "column c holds text such as 'x'"],
    [[wide('x', 3)], { features: ['a', 'b'] }, '--features names 2 columns for input x [n, 3], expected 3'],
    [[wide('x', 3)], { features: ['a', 'b', 'b'] }, '--features names b twice'],
    [[wide('x', 3)], { label: 'a', features: ['a', 'b', 'd'] }, 'a is named by --label and by --features'],
    [[wide('x', -1), wide('z', -1)], {}, 'inputs x and z take any number of columns each'],
    [[{ name: 'a', type: 'float32', shape: [-1, 1] }], { id: 'key' }, '--id: the data has no column key; it has id, a'],
    [[wide('x', 3)], { ignore: ['lat'] }, '--ignore: the data has no column lat (did you mean late?)'],
  ] as [Signature['inputs'], InferOptions, string][])(
    'says what does not go together: %j',
    (inputs, options, message) => {
      const infer = () => inferContract({ inputs, outputs: [output] }, data, options);
      expect(infer).toThrow(InferenceError);
      expect(infer).toThrow(message);
    },
  );
});
