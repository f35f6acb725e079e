import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../core/manifest/decision.ts';
import type { TensorData } from '../../../core/model/tensor.ts';
import { disagreement } from '../../../core/shadow/compare.ts';

const floats = (data: number[], shape = [data.length]): TensorData => ({
  type: 'float32',
  shape,
  data: Float32Array.from(data),
});
const said = (outputs: Record<string, TensorData>) => ({ decision: undefined, scores: [], outputs });
const binary: Decision = { task: 'binary', output: 'p', column: 1, threshold: 0.5 };
const regression: Decision = { task: 'regression', output: 'y', column: 0, tolerance: 2 };

const scored =
  (decision: Decision) =>
  (...scores: number[]) => ({ decision, scores, outputs: {} });
const classed = scored(binary);
const estimated = scored(regression);

describe('disagreement', () => {
  it('is about the class where the model decides, and tells how far scores are apart all the same', () => {
    expect(disagreement(classed(0.9, 0.1), classed(0.6, 0.4))).toEqual({
      differs: false,
      largest: expect.closeTo(0.3, 9),
    });
    expect(disagreement(classed(0.9, 0.51), classed(0.9, 0.49)).differs).toBe(true);
    expect(disagreement(classed(0.9, 0.9), classed(0.9)).differs).toBe(true);
  });

  it('has each version decide by its own threshold', () => {
    const strict = scored({ ...binary, threshold: 0.8 });
    expect(disagreement(classed(0.6), strict(0.6))).toEqual({ differs: true, largest: 0 });
    expect(disagreement(classed(0.6), strict(0.9)).differs).toBe(false);
  });

  it('goes by the outputs where one version decides and the other estimates', () => {
    const y = floats([1]);
    const decided = { decision: binary, scores: [1], outputs: { y } };
    expect(disagreement(decided, { decision: regression, scores: [0], outputs: { y } }).differs).toBe(false);
    expect(disagreement(decided, { decision: regression, scores: [1], outputs: {} }).differs).toBe(true);
  });

  it('compares classes by their names, each version in its own order', () => {
    const decision: Decision = { task: 'multiclass', output: 'p' };
    const said = (classes: string[], ...scores: number[]) => ({ decision, classes, scores, outputs: {} });
    expect(disagreement(said(['a', 'b'], 0, 1), said(['b', 'a'], 1, 0))).toEqual({ differs: false, largest: 0 });
    expect(disagreement(said(['a', 'b'], 0), said(['a', 'b'], 1)).differs).toBe(true);
    expect(disagreement(said(['a'], Number.NaN), said(['a'], Number.NaN)).differs).toBe(false);
    expect(disagreement(said(['a'], 0), said(['a'], Number.NaN)).differs).toBe(true);
  });

  it('lets numbers differ by a thousandth where an estimate has no tolerance', () => {
    const loose = scored({ task: 'regression', output: 'y', column: 0 });
    expect(disagreement(loose(1000, Number.NaN), loose(1000.9, Number.NaN)).differs).toBe(false);
    expect(disagreement(loose(1000), loose(1002)).differs).toBe(true);
  });

  it('is a difference beyond what counts as wrong where the model estimates', () => {
    expect(disagreement(estimated(10), estimated(12))).toEqual({ differs: false, largest: 2 });
    expect(disagreement(estimated(10), estimated(12.5)).differs).toBe(true);
    expect(disagreement(estimated(10), estimated(Number.NaN)).differs).toBe(true);
    expect(disagreement(estimated(Number.NaN), estimated(Number.NaN)).differs).toBe(false);
  });

  it('is about every output where nothing decides: numbers within a tolerance, the rest to the letter', () => {
    expect(disagreement(said({ y: floats([1, 1000]) }), said({ y: floats([1, 1000.5]) })).differs).toBe(false);
    expect(disagreement(said({ y: floats([1, 1000]) }), said({ y: floats([1.01, 1000]) })).differs).toBe(true);
    const text = (...data: string[]): TensorData => ({ type: 'string', shape: [data.length], data });
    expect(disagreement(said({ y: text('a') }), said({ y: text('a') })).differs).toBe(false);
    expect(disagreement(said({ y: text('a') }), said({ y: text('b') })).differs).toBe(true);
    const long = (data: bigint): TensorData => ({ type: 'int64', shape: [1], data: BigInt64Array.of(data) });
    expect(disagreement(said({ y: long(3n) }), said({ y: long(4n) }))).toEqual({
      differs: true,
      largest: 1,
    });
  });

  it('is an output that only one has, or of another shape', () => {
    expect(disagreement(said({ y: floats([1]) }), said({})).differs).toBe(true);
    expect(disagreement(said({ y: floats([1, 2]) }), said({ y: floats([1, 2], [2, 1]) })).differs).toBe(true);
    const infinite = said({ y: floats([Number.POSITIVE_INFINITY]) });
    expect(disagreement(infinite, infinite)).toEqual({ differs: false, largest: 0 });
  });
});
