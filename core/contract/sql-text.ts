/** How columns begin that a query has beside those of a file; no column of a contract does. */
export const RESERVED_PREFIX = '@exact';

/** A name as an SQL identifier. */
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Text as an SQL literal. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A number as an SQL literal that has all its digits. */
export const sqlDouble = (value: number): string => `${sqlText(String(value))}::DOUBLE`;

/** Beyond all integers of 64 bits, on either side. */
const BEYOND = 2n ** 64n;

/**
 * An integer as an SQL literal; what no column of 64 bits holds stands for any such. In quotes, for a minus before
 * digits is an operation that the lowest integer does not survive.
 */
export function sqlInteger(value: bigint): string {
  if (value >= BEYOND) return `${sqlText(String(BEYOND))}::HUGEINT`;
  if (value <= -BEYOND) return `${sqlText(String(-BEYOND))}::HUGEINT`;
  return `${sqlText(String(value))}::${BigInt.asIntN(64, value) === value ? 'BIGINT' : 'HUGEINT'}`;
}
