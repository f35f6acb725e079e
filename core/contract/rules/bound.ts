import type { TensorType } from '../../model/signature.ts';
import { integerRange } from '../integer-range.ts';
import { sqlDouble } from '../sql-text.ts';
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

/** Beyond all integers of 64 bits, on either side. */
const BEYOND = 2n ** 64n;

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
  const exact = BigInt(whole);
  return {
    nearest: Number.isSafeInteger(whole) ? whole : exact,
    limit,
    sql: (value) => `${value} ${beyond} ${literal(exact)}`,
  };
}

/** Integers are compared as integers: as DOUBLE, 2^53 and its neighbour are one. */
function literal(bound: bigint): string {
  if (bound >= BEYOND || bound <= -BEYOND) return `${bound < 0n ? -BEYOND : BEYOND}::HUGEINT`;
  return `${bound}::${BigInt.asIntN(64, bound) === bound ? 'BIGINT' : 'HUGEINT'}`;
}
