import type { TensorType } from '../model/signature.ts';

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
/** What an integer type holds; undefined for all others. */
export const integerRange = (type: TensorType): Range<number> | Range<bigint> | undefined =>
  numberRange(type) ?? bigRange(type);
