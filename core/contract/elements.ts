import type { TensorType } from '../model/signature.ts';
import { zeros } from '../model/small-arrays.ts';
import type { TensorValues } from '../model/tensor.ts';
import { integerRange } from './integer-range.ts';

/** The array that holds a tensor of each type. */
export const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
} satisfies Record<Exclude<TensorType, 'string'>, unknown>;

/** Zeros of a type: NaN-free, false, or undefined strings yet to be filled. */
export const allocate = (type: TensorType, length: number): TensorValues =>
  type === 'string' ? new Array<string>(length) : zeros<Exclude<TensorValues, string[]>>(ARRAYS[type], length);

export const isBig = (values: TensorValues): values is BigInt64Array | BigUint64Array =>
  values instanceof BigInt64Array || values instanceof BigUint64Array;

/** What an element must be, in words. */
export function elementText(type: TensorType): string {
  if (type === 'string') return 'Unicode text without NUL';
  if (type === 'bool') return 'true or false';
  const range = integerRange(type);
  return range === undefined ? 'a number' : `an integer from ${range.lowest} to ${range.highest}`;
}

/** A value as a whole number; undefined when it is none. Numbers beyond 2^53 have lost digits and are none. */
export function wholeOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}
