import { binOf, emptyLike } from './bins.ts';
import type { CategoricalProfile, ColumnProfile, NumericProfile } from './profile.ts';

export type ColumnValue = string | number | boolean | null;

/** Profiles values over the bins of a reference column. null and NaN count as missing. */
export function countColumn(reference: ColumnProfile, values: Iterable<ColumnValue>): ColumnProfile {
  return reference.kind === 'numeric' ? countNumbers(reference, values) : countCategories(reference, values);
}

function numberOf(value: ColumnValue): number {
  if (typeof value === 'number') return value;
  return value === null ? Number.NaN : Number(value);
}

function countNumbers(reference: NumericProfile, values: Iterable<ColumnValue>): NumericProfile {
  const profile = emptyLike(reference) as NumericProfile;
  const { counts, edges } = profile;
  let [rows, missing, zeros, min, max, mean, m2] = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of values) {
    rows++;
    const x = numberOf(value);
    if (Number.isNaN(x)) {
      missing++;
      continue;
    }
    const bin = binOf(edges, x);
    counts[bin] = counts[bin]! + 1;
    if (x === 0) zeros++;
    min = Math.min(min, x);
    max = Math.max(max, x);
    // Welford's update, by shares: a difference of the largest doubles would be beyond them.
    const n = rows - missing;
    const before = mean;
    mean += x / n - mean / n;
    m2 += (x - before) * (x - mean);
  }
  if (rows === missing) return { ...profile, rows, missing };
  return { ...profile, rows, missing, zeros, min, max, mean, m2: finiteOrNull(m2) };
}

/** Squares of the largest doubles are beyond all doubles: then there is no sum of them. */
export const finiteOrNull = (x: number): number | null => (Number.isFinite(x) ? x : null);

function countCategories(reference: CategoricalProfile, values: Iterable<ColumnValue>): CategoricalProfile {
  const profile = emptyLike(reference) as CategoricalProfile;
  const index = new Map(profile.categories.map((category, i) => [category, i]));
  for (const value of values) {
    profile.rows++;
    if (value === null || value === '') profile.missing++;
    else {
      const i = index.get(String(value));
      if (i !== undefined) profile.counts[i] = profile.counts[i]! + 1;
      // A reference with more categories than are listed cannot tell the rest of its own from new ones.
      else if (reference.other > 0) profile.other++;
      else profile.unseen++;
    }
  }
  return profile;
}
