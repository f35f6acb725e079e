import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halfBits } from '../../../core/model/half.ts';
import type { TensorData } from '../../../core/model/tensor.ts';
import { KeptTensor, keepTensor, restoreTensor } from '../../../core/rehearsal/kept-tensor.ts';
import { answerMismatch } from '../../../core/rehearsal/same-answer.ts';

const float32 = (...values: number[]): TensorData => ({
  type: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});
const float64 = (...values: number[]): TensorData => ({
  type: 'float64',
  shape: [values.length],
  data: Float64Array.from(values),
});
const float16 = (...values: number[]): TensorData => ({
  type: 'float16',
  shape: [values.length],
  data: Uint16Array.from(values, halfBits),
});
const int64 = (...values: bigint[]): TensorData => ({
  type: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values),
});
const text = (...values: string[]): TensorData => ({ type: 'string', shape: [values.length], data: values });

describe('answerMismatch', () => {
  it('lets floats differ by what processors differ by, by their type', () => {
    expect(answerMismatch(float32(0.5), float32(0.500_4))).toBeUndefined();
    expect(answerMismatch(float32(0.5), float32(0.51))).toBe(`is ${Math.fround(0.51)} at element 0, expected 0.5`);
    expect(answerMismatch(float64(0.5), float64(0.500_4))).toContain('expected 0.5');
    expect(answerMismatch(float16(0.5), float16(0.503))).toBeUndefined();
    expect(answerMismatch(float16(0.5), float16(0.52))).toContain('expected 0.5');
    // What is left of large numbers that cancel each other out.
    expect(answerMismatch(float32(1_000, 0), float32(1_000, 0.009))).toBeUndefined();
    expect(answerMismatch(float32(1, 0), float32(1, 0.009))).toContain('element 1');
  });

  it('takes NaN for NaN and for nothing else, and infinities for themselves', () => {
    expect(answerMismatch(float32(Number.NaN), float32(Number.NaN))).toBeUndefined();
    expect(answerMismatch(float32(Number.NaN), float32(0))).toBe('is 0 at element 0, expected NaN');
    expect(answerMismatch(float32(0), float32(Number.NaN))).toBe('is NaN at element 0, expected 0');
    expect(answerMismatch(float32(Infinity), float32(Infinity))).toBeUndefined();
    expect(answerMismatch(float32(Infinity), float32(-Infinity))).toContain('expected Infinity');
    expect(answerMismatch(float32(1), float32(Infinity))).toContain('expected 1');
  });

  it('wants integers and strings exactly, and the same types and shapes', () => {
    expect(answerMismatch(int64(2n ** 60n), int64(2n ** 60n))).toBeUndefined();
    expect(answerMismatch(int64(2n ** 60n), int64(2n ** 60n + 1n))).toContain('expected 1152921504606846976');
    expect(answerMismatch(text('yes'), text('no'))).toBe('is "no" at element 0, expected "yes"');
    expect(answerMismatch(float32(1), float64(1))).toBe('is float64, expected float32');
    expect(answerMismatch(float32(1), float32(1, 1))).toBe('has shape [2], expected [1]');
  });
});

describe('a kept tensor', () => {
  it('comes back to the last bit, through JSON', () => {
    const tensors = fc.oneof(
      fc.float32Array().map((data) => ({ type: 'float32' as const, shape: [data.length], data })),
      fc.bigInt64Array().map((data) => ({ type: 'int64' as const, shape: [data.length], data })),
      fc.uint8Array().map((data) => ({ type: 'bool' as const, shape: [data.length], data })),
      fc.array(fc.string()).map((data) => ({ type: 'string' as const, shape: [data.length], data })),
    );
    fc.assert(
      fc.property(tensors, (tensor) => {
        const kept = KeptTensor.parse(JSON.parse(JSON.stringify(keepTensor(tensor))));
        expect(restoreTensor(kept)).toEqual(tensor);
      }),
    );
  });

  it('holds a part of a larger buffer by itself', () => {
    const data = new Float32Array([1, 2, 3, 4]).subarray(1, 3);
    expect(restoreTensor(keepTensor({ type: 'float32', shape: [2], data })).data).toEqual(Float32Array.of(2, 3));
  });
});
