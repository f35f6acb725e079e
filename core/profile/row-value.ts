import type { FeatureType } from '../contract/contract.ts';

/** A value of a row of the reference; missing is null, an integer that a double would round a bigint. */
export type RowValue = string | number | boolean | bigint | null;

/** The same as JSON keeps it. */
type StoredValue = Exclude<RowValue, bigint>;

/** Integers beyond 2^53 are kept as text: a JSON number would be read as the double next to it. */
export const storedOf = (value: RowValue): StoredValue => (typeof value === 'bigint' ? String(value) : value);

/** What was kept of a feature's value; older programs kept large integers as the doubles next to them. */
export function valueOfStored(stored: StoredValue | undefined, type: FeatureType): RowValue {
  if (stored === undefined) return null;
  if (type !== 'integer') return stored;
  if (typeof stored === 'string') return /^-?\d+$/.test(stored) ? BigInt(stored) : stored;
  return Number.isInteger(stored) && !Number.isSafeInteger(stored) ? BigInt(stored as number) : stored;
}
