import { halfBits } from '../model/half.ts';
import type { TensorSpec, TensorType } from '../model/signature.ts';
import { zeros } from '../model/small-arrays.ts';
import type { TensorData, TensorValues } from '../model/tensor.ts';
import type { RawTensor } from './check.ts';
import { hasNul, wholeOf } from './fill.ts';
import { shown } from './rule.ts';

/** The inputs do not fit together, or an element does not fit its type: the caller's fault. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Inclusive. */
export interface Range<T> {
  readonly lowest: T;
  readonly highest: T;
}

const NUMBER_RANGES: Partial<Record<TensorType, Range<number>>> = {
  int8: { lowest: -0x80, highest: 0x7f },
  int16: { lowest: -0x8000, highest: 0x7fff },
  int32: { lowest: -0x8000_0000, highest: 0x7fff_ffff },
  uint8: { lowest: 0, highest: 0xff },
  uint16: { lowest: 0, highest: 0xffff },
  uint32: { lowest: 0, highest: 0xffff_ffff },
};

const BIG_RANGES: Partial<Record<TensorType, Range<bigint>>> = {
  int64: { lowest: -(2n ** 63n), highest: 2n ** 63n - 1n },
  uint64: { lowest: 0n, highest: 2n ** 64n - 1n },
};

/** What an integer type of up to 32 bits holds; undefined for all others. */
export const numberRange = (type: TensorType): Range<number> | undefined => NUMBER_RANGES[type];
/** What a 64-bit integer type holds; undefined for all others. */
export const bigRange = (type: TensorType): Range<bigint> | undefined => BIG_RANGES[type];

const ARRAYS = {
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
function expected(type: TensorType): string {
  if (type === 'string') return 'a string without NUL';
  if (type === 'bool') return 'true or false';
  const range = numberRange(type) ?? bigRange(type);
  return range === undefined ? 'a number' : `an integer from ${range.lowest} to ${range.highest}`;
}

/**
 * Fills a tensor that the contract says nothing about: every element must be of the input's type, null is NaN.
 *
 * @throws InputError at the first element that is not
 */
export function fillOpaque(spec: TensorSpec, raw: RawTensor): TensorData {
  const { type } = spec;
  const { data, shape } = raw;
  // A typed array comes from bytes of the very type, except booleans, whose bytes may be anything.
  if (type !== 'bool' && type !== 'string' && data instanceof ARRAYS[type])
    return { type, shape, data: data as TensorValues };
  const length = data.length;
  const tensor = allocate(type, length);
  const element = reader(type);
  const bytes = data instanceof Uint8Array;
  for (let i = 0; i < length; i++) {
    const value = bytes && type === 'bool' ? data[i] === 1 || (data[i] === 0 ? false : data[i]) : data[i];
    const read = element(value);
    if (read === undefined)
      throw new InputError(`input ${spec.name}: element ${i} is ${shown(value)}, expected ${expected(type)}`);
    tensor[i] = read;
  }
  return { type, shape, data: tensor };
}

/** Reads one JSON value as an element; undefined when it is none. */
function reader(type: TensorType): (value: unknown) => number | bigint | string | undefined {
  if (type === 'string') return (value) => (typeof value === 'string' && !hasNul(value) ? value : undefined);
  if (type === 'bool') return (value) => (value === true ? 1 : value === false ? 0 : undefined);
  const big = bigRange(type);
  if (big !== undefined)
    return (value) => {
      const x = wholeOf(value);
      return x !== undefined && x >= big.lowest && x <= big.highest ? x : undefined;
    };
  const range = numberRange(type);
  if (range !== undefined)
    return (value) => {
      const x = typeof value === 'bigint' ? Number(value) : value;
      return typeof x === 'number' && Number.isInteger(x) && x >= range.lowest && x <= range.highest ? x : undefined;
    };
  return type === 'float16' ? (value) => mapped(floatOf(value), halfBits) : floatOf;
}

/** A JSON value as a floating-point number, null as NaN. */
function floatOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value === null) return Number.NaN;
  return typeof value === 'bigint' || value instanceof Number ? Number(value) : undefined;
}

const mapped = (x: number | undefined, by: (x: number) => number): number | undefined =>
  x === undefined ? undefined : by(x);
