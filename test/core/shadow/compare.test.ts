import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../core/model/manifest.ts';
import type { TensorData } from '../../../core/model/tensor.ts';
import { disagreement } from '../../../core/shadow/compare.ts';

const floats = (data: number[], shape = [data.length]): TensorData => ({
  type: 'float32',
  shape,
  data: Float32Array.from(data),
});
const scored = (...scores: number[]) => ({ scores, outputs: {} });
const said = (outputs: Record<string, TensorData>) => ({ scores: [], outputs });
const binary: Decision = { task: 'binary', output: 'p', column: 1, threshold: 0.5 };
const regression: Decision = { task: 'regression', output: 'y', column: 0, tolerance: 2 };

describe('disagreement', () => {
  it('is about the class where the model decides, and tells how far scores are apart all the same', () => {
    expect(disagreement(binary, scored(0.9, 0.1), scored(0.6, 0.4))).toEqual({
      differs: false,
      largest: expect.closeTo(0.3, 9),
    });
    expect(disagreement(binary, scored(0.9, 0.51), scored(0.9, 0.49)).differs).toBe(true);
    expect(disagreement(binary, scored(0.9, 0.9), scored(0.9)).differs).toBe(true);
  });

  it('is a difference beyond what counts as wrong where the model estimates', () => {
    expect(disagreement(regression, scored(10), scored(12))).toEqual({ differs: false, largest: 2 });
    expect(disagreement(regression, scored(10), scored(12.5)).differs).toBe(true);
    expect(disagreement(regression, scored(10), scored(Number.NaN)).differs).toBe(true);
    expect(disagreement(regression, scored(Number.NaN), scored(Number.NaN)).differs).toBe(false);
  });

  it('is about every output where nothing decides: numbers within a tolerance, the rest to the letter', () => {
    expect(disagreement(undefined, said({ y: floats([1, 1000]) }), said({ y: floats([1, 1000.5]) })).differs).toBe(
      false,
    );
    expect(disagreement(undefined, said({ y: floats([1, 1000]) }), said({ y: floats([1.01, 1000]) })).differs).toBe(
      true,
    );
    const text = (...data: string[]): TensorData => ({ type: 'string', shape: [data.length], data });
    expect(disagreement(undefined, said({ y: text('a') }), said({ y: text('a') })).differs).toBe(false);
    expect(disagreement(undefined, said({ y: text('a') }), said({ y: text('b') })).differs).toBe(true);
    const long = (data: bigint): TensorData => ({ type: 'int64', shape: [1], data: BigInt64Array.of(data) });
    expect(disagreement(undefined, said({ y: long(3n) }), said({ y: long(4n) }))).toEqual({
      differs: true,
      largest: 1,
    });
  });

  it('is an output that only one has, or of another shape', () => {
    expect(disagreement(undefined, said({ y: floats([1]) }), said({})).differs).toBe(true);
    expect(disagreement(undefined, said({ y: floats([1, 2]) }), said({ y: floats([1, 2], [2, 1]) })).differs).toBe(
      true,
    );
    const infinite = said({ y: floats([Number.POSITIVE_INFINITY]) });
    expect(disagreement(undefined, infinite, infinite)).toEqual({ differs: false, largest: 0 });
  });
});
