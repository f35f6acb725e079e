import type { TensorType } from '../../model/signature.ts';
import { integerRange } from '../integer-range.ts';
import { sqlDouble, sqlInteger } from '../sql-text.ts';
import type { Value } from '../types/value-type.ts';
import type { RuledFeature } from './rule.ts';

/** A bound of a range, the same for `min` and `max` but for the side. */
export interface Bound {
  /** The last value on this side that is allowed. */
  readonly nearest: Value;
  /** The bound for an input: a whole number where it takes no others. */
  limit(input: TensorType): number;
  /** Condition for a value beyond the bound. */
  sql(value: string): string;
}

/** @param inward rounds to the next integer within the bound */
export function boundOf(
  { type }: RuledFeature,
  bound: number,
  inward: (x: number) => number,
  beyond: '<' | '>',
): Bound {
  const whole = inward(bound);
  const limit = (input: TensorType): number => (integerRange(input) === undefined ? bound : whole);
  if (type !== 'integer') return { nearest: bound, limit, sql: (value) => `${value} ${beyond} ${sqlDouble(bound)}` };
  // Compared as integers: as DOUBLE, 2^53 and its neighbour are one.
  const exact = BigInt(whole);
  return {
    nearest: Number.isSafeInteger(whole) ? whole : exact,
    limit,
    sql: (value) => `${value} ${beyond} ${sqlInteger(exact)}`,
  };
}
