import { ownValue } from '../model/own-value.ts';
import { finiteOrNull } from './count.ts';
import type { CategoricalProfile, ColumnProfile, NumericProfile, Profile } from './profile.ts';

/** Two profiles cannot be merged: they count different things. */
export class ProfileMismatchError extends Error {
  override readonly name = 'ProfileMismatchError';
  constructor(
    readonly column: string,
    readonly fault: string,
  ) {
    super(`profiles of column ${column} cannot be merged: ${fault}`);
  }
}

/**
 * Merges the profiles of two sets of rows into that of all rows. Counts add exactly; means and squared deviations are
 * combined after Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances"
 * (1979).
 *
 * @throws ProfileMismatchError when columns or bins differ
 */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  const names = new Set([...Object.keys(a.columns), ...Object.keys(b.columns)]);
  const columns = [...names].map((name): [string, ColumnProfile] => {
    const [left, right] = [ownValue(a.columns, name), ownValue(b.columns, name)];
    if (!left || !right) throw new ProfileMismatchError(name, 'one of them does not have it');
    return [name, mergeColumns(name, left, right)];
  });
  return { rows: a.rows + b.rows, columns: Object.fromEntries(columns) };
}

function mergeColumns(name: string, a: ColumnProfile, b: ColumnProfile): ColumnProfile {
  if (a.kind === 'numeric' && b.kind === 'numeric') return mergeNumeric(name, a, b);
  if (a.kind === 'categorical' && b.kind === 'categorical') return mergeCategorical(name, a, b);
  throw new ProfileMismatchError(name, `one is ${a.kind}, the other ${b.kind}`);
}

function mergeNumeric(name: string, a: NumericProfile, b: NumericProfile): NumericProfile {
  if (!same(a.edges, b.edges)) throw new ProfileMismatchError(name, 'their bin edges differ');
  const n = a.rows - a.missing;
  const m = b.rows - b.missing;
  const { zeros, ...rest } = a;
  const merged = {
    ...rest,
    ...(zeros === undefined || b.zeros === undefined ? {} : { zeros: zeros + b.zeros }),
    rows: a.rows + b.rows,
    missing: a.missing + b.missing,
    counts: a.counts.map((count, i) => count + b.counts[i]!),
  };
  if (m === 0 || b.mean === null) return merged;
  if (n === 0 || a.mean === null) return { ...merged, min: b.min, max: b.max, mean: b.mean, m2: b.m2 };
  return {
    ...merged,
    min: Math.min(a.min!, b.min!),
    max: Math.max(a.max!, b.max!),
    mean: a.mean * (n / (n + m)) + b.mean * (m / (n + m)),
    m2: finiteOrNull((a.m2 ?? Number.NaN) + (b.m2 ?? Number.NaN) + ((b.mean - a.mean) ** 2 * n * m) / (n + m)),
  };
}

function mergeCategorical(name: string, a: CategoricalProfile, b: CategoricalProfile): CategoricalProfile {
  if (!same(a.categories, b.categories)) throw new ProfileMismatchError(name, 'their categories differ');
  return {
    ...a,
    rows: a.rows + b.rows,
    missing: a.missing + b.missing,
    counts: a.counts.map((count, i) => count + b.counts[i]!),
    other: a.other + b.other,
    unseen: a.unseen + b.unseen,
  };
}

const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);
