import type { Feature } from '../contract/contract.ts';
import { ownValue } from '../model/own-value.ts';
import type { OutlierCalibration } from '../profile/outlier-calibration.ts';
import type { CategoricalProfile, ColumnProfile, Profile } from '../profile/profile.ts';
import { type ScoredFeature, scoreFeatures } from './outliers.ts';

type Ranks = OutlierCalibration['ranks'][string];
/** A feature's values in many rows; NaN and '' are missing. */
type ColumnValues = Float64Array | string[];

/** Stretches of the reference that are each judged by the others. */
const FOLDS = 5;
/** Shares of a column's values between an edge and the nearer end. */
const TAILS = [0.4, 0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.0025, 0.001, 5e-4, 2.5e-4, 1e-4];
/** Shares of the reference that thresholds are known for. */
const SHARES = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.0025, 0.001, 5e-4, 2.5e-4, 1e-4, 5e-5];

/**
 * Works out how unusual the rows of a reference are, by which {@link compileOutliers} tells what is not of it.
 *
 * Each row is judged twice: by the whole reference, and by the other four fifths of it when it is cut in time order. The
 * thresholds are the higher of the two. The first keeps the promise to the reference itself; the second keeps it, as
 * cross-conformal prediction does (Vovk, "Cross-conformal predictors", 2015), for rows that come after, which are a
 * little outside the range more often than those it was taken from.
 *
 * @param columns values of the features, in their order, rows in the order of time; a sample of the reference, or all
 * @param profile of the whole reference
 */
export function calibrateOutliers(
  features: readonly Feature[],
  columns: readonly ColumnValues[],
  profile: Profile,
): OutlierCalibration {
  const rows = columns[0]?.length ?? 0;
  if (rows === 0) throw new RangeError('a reference without rows or features cannot be calibrated');
  const ranks: Record<string, Ranks> = {};
  for (const [i, { name }] of features.entries()) {
    const column = ownValue(profile.columns, name);
    const values = columns[i]!;
    if (column?.kind === 'numeric' && !Array.isArray(values))
      ranks[name] = { ...ranksFrom(values), min: column.min, max: column.max };
  }
  const whole = scores(scoreFeatures(features, profile, ranks), columns, 0, rows);
  const crossed = { alone: new Float64Array(rows), together: new Float64Array(rows) };
  for (let fold = 0; fold < FOLDS; fold++) {
    const from = Math.floor((fold * rows) / FOLDS);
    const to = Math.floor(((fold + 1) * rows) / FOLDS);
    if (from === to || to - from === rows) continue;
    const others = columns.map((values) => without(values, from, to));
    const found = scores(rateOthers(features, others, profile), columns, from, to);
    crossed.alone.set(found.alone, from);
    crossed.together.set(found.together, from);
  }
  // The last share is less than a row: beyond the last threshold there is none.
  const shares = [...SHARES.filter((share) => share * rows >= 1), 1 / (rows + 1)];
  const higher = (by: 'alone' | 'together'): number[] => {
    const [a, b] = [thresholds(whole[by], shares), thresholds(crossed[by], shares)];
    return a.map((threshold, i) => roundedUp(Math.max(threshold, b[i]!)));
  };
  return { rows, ranks, shares, alone: higher('alone'), together: higher('together') };
}

interface Scores {
  readonly alone: Float64Array;
  readonly together: Float64Array;
}

function scores(rated: readonly ScoredFeature[], columns: readonly ColumnValues[], from: number, to: number): Scores {
  const alone = new Float64Array(to - from);
  const together = new Float64Array(to - from);
  for (const { index, rarity } of rated) {
    const values = columns[index]!;
    for (let row = from; row < to; row++) {
      const rare = rarity(values[row]!);
      if (rare > alone[row - from]!) alone[row - from] = rare;
      together[row - from]! += rare;
    }
  }
  return { alone, together };
}

/** For each share the smallest of the values that at most this share of them is greater than. */
function thresholds(values: Float64Array, shares: readonly number[]): number[] {
  const sorted = values.toSorted();
  return shares.map((share) => sorted[sorted.length - 1 - Math.floor(share * sorted.length)]!);
}

/** Where the values of a column stand, with edges that come closer towards both ends. */
function ranksFrom(values: Float64Array): Ranks {
  const sorted = values.filter((x) => !Number.isNaN(x)).sort();
  const present = sorted.length;
  const missing = values.length - present;
  if (present === 0) return { missing, present, min: null, max: null, edges: [], below: [] };
  const at = new Set<number>();
  for (const share of TAILS) {
    const count = Math.floor(share * present);
    at.add(sorted[count]!).add(sorted[present - 1 - count]!);
  }
  const edges = [...at].sort((a, b) => a - b);
  return {
    missing,
    present,
    min: sorted[0]!,
    max: sorted[present - 1]!,
    edges,
    below: edges.map((edge) => lowerBound(sorted, edge)),
  };
}

/** Number of values below x. */
function lowerBound(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The measures that a part of the reference gives. */
function rateOthers(features: readonly Feature[], columns: readonly ColumnValues[], profile: Profile): ScoredFeature[] {
  const known: [string, ColumnProfile][] = [];
  const ranks: Record<string, Ranks> = {};
  for (const [i, { name, type }] of features.entries()) {
    const column = ownValue(profile.columns, name);
    if (column === undefined) continue;
    const values = columns[i]!;
    if (column.kind === 'categorical') known.push([name, recounted(column, values, type === 'boolean')]);
    else if (!Array.isArray(values)) {
      known.push([name, column]);
      ranks[name] = ranksFrom(values);
    }
  }
  return scoreFeatures(features, { rows: columns[0]!.length, columns: Object.fromEntries(known) }, ranks);
}

function recounted(column: CategoricalProfile, values: ColumnValues, boolean: boolean): CategoricalProfile {
  const index = new Map(column.categories.map((category, i) => [category, i]));
  const counts = column.counts.map(() => 0);
  let [missing, other] = [0, 0];
  for (const value of values) {
    const text = boolean ? booleanText(value as number) : (value as string);
    const at = index.get(text);
    if (text === '') missing++;
    else if (at === undefined) other++;
    else counts[at]!++;
  }
  return { ...column, rows: values.length, missing, counts, other };
}

const booleanText = (value: number): string => (Number.isNaN(value) ? '' : String(value === 1));

function without(values: ColumnValues, from: number, to: number): ColumnValues {
  if (Array.isArray(values)) return [...values.slice(0, from), ...values.slice(to)];
  const rest = new Float64Array(values.length - (to - from));
  rest.set(values.subarray(0, from));
  rest.set(values.subarray(to), from);
  return rest;
}

/** To six decimals, never down: what is not beyond the threshold stays so. */
const roundedUp = (x: number): number => Math.ceil(x * 1e6) / 1e6;
