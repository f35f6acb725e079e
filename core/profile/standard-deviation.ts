import type { ColumnProfile } from './profile.ts';

/** Standard deviation of the values present (of the sample: by n - 1); null where there are fewer than two. */
export function standardDeviation(column: ColumnProfile): number | null {
  if (column.kind !== 'numeric' || column.m2 === null) return null;
  const n = column.rows - column.missing;
  return n < 2 ? null : Math.sqrt(column.m2 / (n - 1));
}
