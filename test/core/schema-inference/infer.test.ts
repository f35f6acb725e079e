import { describe, expect, it } from 'vitest';
import type { Signature } from '../../../core/model/signature.ts';
import type { CategoricalProfile, NumericProfile, Profile } from '../../../core/profile/profile.ts';
import { inferContract } from '../../../core/schema-inference/infer.ts';
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
  counts: categories.map(() => 1),
  other: 0,
  unseen: 0,
});
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

describe('inferContract', () => {
  it('takes types from the graph, and ranges a fifth wider than the data', () => {
    const signature: Signature = {
      inputs: [
        { name: 'a', type: 'float32', shape: [-1, 1] },
        { name: 'b', type: 'float32', shape: [-1] },
        { name: 'c', type: 'string', shape: [-1, 1] },
        { name: 'd', type: 'int64', shape: [-1, 1] },
      ],
      outputs: [output],
    };
    const contract = inferContract(signature, data, { id: 'id', label: 'late' });
    expect(contract.features).toMatchObject([
      { name: 'a', type: 'float', min: 0, max: 12, missing: 'reject' },
      { name: 'b', type: 'float', min: -7, max: 7, missing: 'allow' },
      { name: 'c', type: 'string', allowed: ['x', 'y'] },
      { name: 'd', type: 'integer', min: 2.2, max: 7.8 },
    ]);
    expect(contract.data).toEqual({ id: 'id', label: 'late', extra: [], personal: {} });
    expect(contract.file.unique).toEqual(['id']);
  });

  it('gives the columns of one wide input to the numeric columns in the order of the data', () => {
    const signature: Signature = { inputs: [{ name: 'x', type: 'float32', shape: [-1, 3] }], outputs: [output] };
    const { features, data: columns } = inferContract(signature, data, { id: 'id' });
    expect(features.map(({ name, input, index }) => [name, input, index])).toEqual([
      ['a', 'x', 0],
      ['b', 'x', 1],
      ['d', 'x', 2],
    ]);
    expect(columns.extra).toEqual(['c', 'late']);
  });

  it.each([
    [[{ name: 'z', type: 'float32', shape: [-1, 1] }], {}, 'input z finds no column of its name'],
    [[{ name: 'x', type: 'float32', shape: [-1, 4] }], {}, 'input x takes 4 columns, and the data has 3 numeric ones'],
    [[{ name: 'c', type: 'float32', shape: [-1, 1] }], {}, 'its column holds text such as x'],
    [[{ name: 'a', type: 'float32', shape: [-1, 1] }], { id: 'key' }, 'the data has no column key'],
  ] as [Signature['inputs'], object, string][])('says what does not go together: %j', (inputs, options, message) => {
    const infer = () => inferContract({ inputs, outputs: [output] }, data, options);
    expect(infer).toThrow(InferenceError);
    expect(infer).toThrow(message);
  });
});
