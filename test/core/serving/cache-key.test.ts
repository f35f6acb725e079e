import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Signature, TensorType } from '../../../core/model/signature.ts';
import type { TensorData, TensorValues } from '../../../core/model/tensor.ts';
import { compileInputBytes } from '../../../core/serving/cache-key.ts';

const spec = (name: string, type: TensorType) => ({ name, type, shape: [-1] });
const SIGNATURE: Signature = {
  inputs: [spec('a', 'float32'), spec('b', 'float64'), spec('c', 'string'), spec('d', 'int64')],
  outputs: [spec('x', 'float32'), spec('y', 'float32')],
};

interface Row {
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly c: readonly string[];
  readonly d: readonly bigint[];
}
const tensor = (type: TensorType, data: TensorValues, shape = [data.length]): TensorData => ({ type, shape, data });
const tensors = ({ a, b, c, d }: Row): Record<string, TensorData> => ({
  a: tensor('float32', Float32Array.from(a)),
  b: tensor('float64', Float64Array.from(b)),
  c: tensor('string', [...c]),
  d: tensor('int64', BigInt64Array.from(d)),
});
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const ROW: Row = { a: [1], b: [2], c: ['x'], d: [3n] };

describe('compileInputBytes', () => {
  const bytes = compileInputBytes('scope', SIGNATURE);
  const of = (row: Partial<Row>, outputs?: readonly string[]) => hex(bytes(tensors({ ...ROW, ...row }), outputs));

  it('differs exactly where something differs that a model could tell', () => {
    const row = fc.record<Row>({
      a: fc.array(fc.constantFrom(0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY), { maxLength: 3 }),
      b: fc.array(fc.constantFrom(0, -0, 1, Number.NaN), { maxLength: 3 }),
      c: fc.array(fc.constantFrom('', 'a', 'b', 'ab', '\ud800', '\ufffd'), { maxLength: 3 }),
      d: fc.array(fc.bigInt({ min: -1n, max: 1n }), { maxLength: 3 }),
    });
    const same = (p: Row, q: Row): boolean =>
      (['a', 'b', 'c', 'd'] as const).every(
        (name) => p[name].length === q[name].length && p[name].every((value, i) => Object.is(value, q[name][i])),
      );
    fc.assert(
      fc.property(row, row, (p, q) => {
        expect(of(p) === of(q)).toBe(same(p, q));
      }),
      { numRuns: 500 },
    );
  });

  it('takes every not-a-number for the same, whatever its bits', () => {
    const payload = new Float32Array(Uint32Array.of(0xffc1_2345).buffer);
    const plain = tensors({ ...ROW, a: [Number.NaN] });
    expect(hex(bytes({ ...plain, a: tensor('float32', payload) }, undefined))).toBe(of({ a: [Number.NaN] }));
    const wide = new Float64Array(BigUint64Array.of(0x7ff8_0000_0000_0001n).buffer);
    expect(hex(bytes({ ...plain, b: tensor('float64', wide) }, undefined))).toBe(
      hex(bytes({ ...plain, b: tensor('float64', Float64Array.of(Number.NaN)) }, undefined)),
    );
  });

  it('takes wanted outputs as a set, all of them when none is named', () => {
    expect(of({}, ['y', 'x'])).toBe(of({}));
    expect(of({}, ['x'])).not.toBe(of({}));
    expect(of({}, ['x'])).not.toBe(of({}, ['y']));
  });

  it('knows a shape from another with the same elements', () => {
    const flat = { ...tensors(ROW), a: tensor('float32', new Float32Array(6), [6]) };
    const keys = [[6], [2, 3], [3, 2], [6, 1]].map((shape) =>
      hex(bytes({ ...flat, a: tensor('float32', new Float32Array(6), shape) }, undefined)),
    );
    expect(new Set(keys).size).toBe(4);
  });

  it('knows a version from another', () => {
    const other = compileInputBytes('another', SIGNATURE);
    expect(hex(other(tensors(ROW), undefined))).not.toBe(of({}));
  });

  it('is not spoilt by what was written before, larger or smaller', () => {
    const first = of({});
    const large = createHash('sha256').update(bytes(tensors({ ...ROW, a: new Array(5_000).fill(7) }), undefined));
    expect(of({})).toBe(first);
    expect(
      createHash('sha256')
        .update(bytes(tensors({ ...ROW, a: new Array(5_000).fill(7) }), undefined))
        .digest('hex'),
    ).toBe(large.digest('hex'));
  });
});
