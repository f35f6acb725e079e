import { binOf } from '../profile/bins.ts';
import type { CategoricalProfile, NumericProfile } from '../profile/profile.ts';

/**
 * How rare a value is: -ln of a share p, the share of the reference that is at least as rare. Over the reference
 * itself P(p <= u) <= u for every u, whatever its distribution, ties included. NaN and '' are missing.
 */
export type OutlierScore<T> = (value: T) => number;

/** Where a number stands among those of the reference. */
export interface EmpiricalCdf {
  /** Values missing, and values present. */
  readonly missing: number;
  readonly present: number;
  /** Of the values present; null when there are none. */
  readonly min: number | null;
  readonly max: number | null;
  /** Ascending. */
  readonly edges: readonly number[];
  /** Number of values below each edge. */
  readonly below: readonly number[];
}

/** The ranks that a profile's own bins know. */
export function empiricalCdfOf({ rows, missing, min, max, edges, counts }: NumericProfile): EmpiricalCdf {
  let sum = 0;
  return { missing, present: rows - missing, min, max, edges, below: edges.map((_, i) => (sum += counts[i]!)) };
}

/**
 * A number is as rare as the nearer end is: twice the smaller of the shares at or below and at or above it, as far as
 * the edges tell; more than that it is never taken for. This is the tail probability of ECOD (Li et al., "ECOD:
 * Unsupervised Outlier Detection Using Empirical Cumulative Distribution Functions", 2022), with the step function
 * of the edges for the whole empirical one.
 *
 * Beyond the reference's range p falls from 1/(n+1) on in proportion to the distance, in units of the range: nothing
 * of the reference is there, and further out must count for more.
 */
export function numericOutlierScore({ missing, present, min, max, edges, below }: EmpiricalCdf): OutlierScore<number> {
  const rows = missing + present;
  const outside = rarityOf(0, rows);
  // A missing value stands among the numbers that as few are as rare as: at most so many again.
  const absent = rarityOf(Math.min(rows, 2 * missing), rows);
  if (min === null || max === null) return (x) => (Number.isNaN(x) ? absent : outside);
  const bins: number[] = [];
  for (let bin = 0; bin <= edges.length; bin++) {
    const atOrBelow = bin === edges.length ? present : below[bin]!;
    const atOrAbove = bin === 0 ? present : present - below[bin - 1]!;
    const tails = Math.min(present, 2 * Math.min(atOrBelow, atOrAbove));
    bins.push(rarityOf(tails + (missing <= tails ? missing : 0), rows));
  }
  const unit = max - min || Math.abs(max) || 1;
  return (x) => {
    if (x >= min && x <= max) return bins[binOf(edges, x)]!;
    if (Number.isNaN(x)) return absent;
    return outside + Math.min(MOST, Math.log1p((x < min ? min - x : x - max) / unit));
  };
}

/** A category is as rare as all that are no more frequent together are; a missing value is one of them. */
export function categoricalOutlierScore(profile: CategoricalProfile): OutlierScore<string> {
  const { rows, missing, categories, counts, other } = profile;
  const sizes = [...counts, missing, other].filter((count) => count > 0).sort((a, b) => a - b);
  const rarity = (count: number): number => {
    let sum = 0;
    for (const size of sizes) if (size <= count) sum += size;
    return rarityOf(sum, rows);
  };
  const known = new Map(categories.map((category, i) => [category, rarity(counts[i]!)]));
  // What was too rare to be listed cannot be told from what was never there.
  const unknown = rarity(other);
  const absent = rarity(missing);
  return (value) => (value === '' ? absent : (known.get(value) ?? unknown));
}

/** What distance can add: infinity is far away, but has to stay a number that can be added. */
const MOST = 700;

const rarityOf = (count: number, rows: number): number => -Math.log(count === 0 ? 1 / (rows + 1) : count / rows);
