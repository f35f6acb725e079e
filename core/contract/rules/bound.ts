import * as z from 'zod';
import type { TensorType } from '../../model/signature.ts';
import { isLargeInteger, statedNumber } from '../../model/stated-number.ts';
import { integerRange } from '../integer-range.ts';
import { sqlDouble, sqlInteger } from '../sql-text.ts';
import type { Value } from '../types/value-type.ts';
import type { RuledFeature } from './rule.ts';

/** A bound as a contract states it. */
export const StatedBound = z.union([
  z.number(),
  z.string().max(40).refine(isLargeInteger, 'a bound is a number, or an integer beyond 2^53 as a string of its digits'),
]);
export type StatedBound = z.infer<typeof StatedBound>;

/** A bound of a range, the same for `min` and `max` but for the side. */
export interface Bound {
  /** The bound itself. */
  readonly exact: number | bigint;
  /** The last value on this side that is allowed. */
  readonly nearest: Value;
  /** The same as a double, by which no value on the other side is certain. */
  readonly certain: number;
  /** The bound for an input: a whole number where it takes no others; undefined where no double is it. */
  limit(input: TensorType): number | undefined;
  /** Condition for a value beyond the bound. */
  sql(value: string): string;
}

/** @param inward rounds to the next integer within the bound */
export function boundOf(
  { type }: RuledFeature,
  stated: StatedBound,
  inward: (x: number) => number,
  beyond: '<' | '>',
): Bound {
  const exact = type === 'integer' ? statedNumber(stated) : Number(stated);
  const whole = typeof exact === 'bigint' ? exact : inward(exact);
  const number = Number(exact);
  const limit = (input: TensorType): number | undefined => {
    if (typeof exact === 'bigint') return BigInt(number) === exact ? number : undefined;
    return integerRange(input) === undefined ? exact : inward(exact);
  };
  if (type !== 'integer')
    return { exact, nearest: exact, certain: number, limit, sql: (value) => `${value} ${beyond} ${sqlDouble(number)}` };
  return {
    exact,
    nearest: whole,
    certain: typeof exact === 'bigint' ? certainly(exact, beyond) : exact,
    limit,
    // Compared as integers: as DOUBLE, 2^53 and its neighbour are one.
    sql: (value) => `${value} ${beyond} ${sqlInteger(BigInt(whole))}`,
  };
}

/** The double nearest to a bound that is not beyond it, among the integers that doubles tell apart. */
function certainly(bound: bigint, beyond: '<' | '>'): number {
  const { MAX_SAFE_INTEGER: most } = Number;
  const outside = beyond === '<' ? bound > 0n : bound < 0n;
  const sign = beyond === '<' ? 1 : -1;
  return outside ? sign * Number.POSITIVE_INFINITY : -sign * most;
}
