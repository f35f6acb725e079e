import { clip } from '../../errors/format-value.ts';

/**
 * A number that is fractional as it is written, and whole as the double nearest to it: `9007199254740993.5`, or `1e-400`.
 * Floats take the double, integers nothing.
 */
export class FractionalNumber extends Number {
  private readonly literal: string;

  constructor(literal: string) {
    super(literal);
    this.literal = clip(literal);
  }

  override toString(): string {
    return this.literal;
  }
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
/** Digits of the largest integer that any type holds. */
const MAX_DIGITS = 20;
const BEYOND_ALL_TYPES = 2 ** 64;

/**
 * A decimal literal as a number that integers can be told by: whole ones with all their digits, however they are
 * written (`5`, `5.0`, `5e0`), as a bigint where a double may have lost one.
 */
export function exactNumber(literal: string): number | bigint | FractionalNumber {
  const value = Number(literal);
  const whole = wholeNumber(literal);
  if (whole !== undefined) return Number.isSafeInteger(value) ? value : whole;
  return Number.isInteger(value) && Math.abs(value) < BEYOND_ALL_TYPES ? new FractionalNumber(literal) : value;
}

/** A decimal literal as an integer; undefined when it is none, or beyond all types. */
function wholeNumber(literal: string): bigint | undefined {
  const [, sign = '', before = '', after = '', exponent = '0'] = DECIMAL.exec(literal) ?? [];
  const digits = (before + after).replace(/^0+/, '');
  if (digits === '') return 0n;
  const shift = Number(exponent) - after.length;
  if (digits.length + shift <= 0 || digits.length + shift > MAX_DIGITS) return undefined;
  const kept = shift < 0 ? digits.slice(0, shift) : digits + '0'.repeat(shift);
  if (shift < 0 && !/^0*$/.test(digits.slice(shift))) return undefined;
  return BigInt(sign === '-' ? `-${kept}` : kept);
}
