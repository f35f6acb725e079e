import { shortestOf, toEven } from './decimal.ts';

/** IEEE 754 binary16 bits as a number. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A number as IEEE 754 binary16 bits, rounded to nearest, ties to even. */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65_520) return sign | 0x7c00;
  // Below 2^-14 numbers are subnormal: their steps stop shrinking.
  const exponent = size < 2 ** -14 ? -14 : Math.floor(Math.log2(size));
  const steps = toEven(size / 2 ** (exponent - 10));
  // A rounding up to the next power of two carries into the exponent by itself.
  return sign | (size < 2 ** -14 ? steps : ((exponent + 15) << 10) + steps - 1024);
}

const decimals = new Map<number, number>();

/** From here on numbers have no fraction, and each is itself: 65504 rather than 65500. */
const WHOLE = 1024;

/** binary16 bits as the shortest decimal that reads back to them: 0.1 rather than 0.0999755859375. */
export function halfDecimal(bits: number): number {
  let decimal = decimals.get(bits);
  if (decimal === undefined) {
    const value = halfValue(bits);
    const isRead = (rounded: number): boolean => halfBits(rounded) === bits;
    decimal = Math.abs(value) < WHOLE ? shortestOf(value, 5, isRead) : value;
    decimals.set(bits, decimal);
  }
  return decimal;
}
