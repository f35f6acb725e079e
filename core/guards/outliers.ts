import type { Feature } from '../contract/contract.ts';
import type { FeatureValues } from '../contract/raw-tensor.ts';
import type { OutlierCalibration } from '../profile/outlier-calibration.ts';
import type { Profile } from '../profile/profile.ts';
import {
  categoricalOutlierScore,
  type EmpiricalCdf,
  empiricalCdfOf,
  numericOutlierScore,
  type OutlierScore,
} from './outlier-score.ts';

/** Features that a row is told by, at most. */
const MAX_REPORTED_FEATURES = 5;

/** What was found unusual in a request. */
export interface OutOfDistributionFinding {
  /** Number of rows. */
  readonly rows: number;
  /** The most unusual one of them. */
  readonly worst: number;
  /** Share of the reference that is at least so unusual as that row, as far as it is known. */
  readonly share: number;
  /** The features that make it so, the rarest first. */
  readonly features: readonly string[];
}

/** Judges rows; undefined when all of them are usual. */
export type OutlierDetector = (values: readonly FeatureValues[], rows: number) => OutOfDistributionFinding | undefined;

/** A baseline as far as it is read here. */
export interface OutlierReference {
  readonly profile: Profile;
  readonly outliers?: OutlierCalibration | undefined;
}

/** What a column's value is rare by, and where the column is among a check's values. */
export interface ScoredFeature {
  readonly name: string;
  readonly index: number;
  readonly rarity: OutlierScore<number | string>;
}

/** The features of a check that a reference knows, each with its measure. */
export function scoreFeatures(
  features: readonly Feature[],
  profile: Profile,
  ranks: Readonly<Record<string, EmpiricalCdf>> = {},
): ScoredFeature[] {
  const rated: ScoredFeature[] = [];
  for (const [index, { name, type }] of features.entries()) {
    const column = Object.hasOwn(profile.columns, name) ? profile.columns[name] : undefined;
    if (column === undefined) continue;
    const own = Object.hasOwn(ranks, name) ? ranks[name] : undefined;
    if (column.kind === 'numeric' && type !== 'string')
      rated.push({
        name,
        index,
        rarity: numericOutlierScore(own ?? empiricalCdfOf(column)) as OutlierScore<number | string>,
      });
    else if (column.kind === 'categorical' && type === 'string')
      rated.push({ name, index, rarity: categoricalOutlierScore(column) as OutlierScore<number | string> });
    else if (column.kind === 'categorical' && type === 'boolean')
      rated.push({ name, index, rarity: booleanOutlierScore(categoricalOutlierScore(column)) });
  }
  return rated;
}

/** A check has 1 and 0 where a profile has categories. */
function booleanOutlierScore(categorical: OutlierScore<string>): OutlierScore<number | string> {
  const [no, yes, missing] = [categorical('false'), categorical('true'), categorical('')];
  return (value) => {
    if (value === 1) return yes;
    return value === 0 ? no : missing;
  };
}

/**
 * Compiles the search for rows that are unlike the reference. A row is unusual when its rarest value is, or when its
 * values are rare together; each by a threshold that at most half the share of the reference is beyond, so at most the
 * share is by either (Bonferroni). Rare together is the sum of the rarities, Fisher's way to combine tail probabilities;
 * features depend on one another, so its distribution is that of the reference's own rows, not chi-squared.
 *
 * A reference without a calibration says nothing of its rows, only of its columns: then a row is unusual when its
 * rarest value is found in less than the share divided by the number of features, which keeps the same promise and finds less.
 *
 * Each column is looked at by itself: a combination of usual values that never occurs together is not seen.
 *
 * @param features in the order of the values that are judged
 * @param share largest share of the reference that may be unusual, 0 to 1
 * @throws RangeError when the reference has no column of any of the features
 */
export function compileOutliers(
  features: readonly Feature[],
  { profile, outliers }: OutlierReference,
  share: number,
): OutlierDetector {
  const rated = scoreFeatures(features, profile, outliers?.ranks);
  if (rated.length === 0)
    throw new RangeError('the baseline knows none of the features, so nothing can be told to be unlike it');
  const alone = outliers === undefined ? Math.log(rated.length / share) : thresholdOf(outliers, 'alone', share / 2);
  const together = outliers === undefined ? Number.POSITIVE_INFINITY : thresholdOf(outliers, 'together', share / 2);
  return (values, rows) => {
    let unusual = 0;
    let worst = 0;
    let most = 0;
    for (let row = 0; row < rows; row++) {
      let rarest = 0;
      let sum = 0;
      for (let i = 0; i < rated.length; i++) {
        const { index, rarity } = rated[i]!;
        const rare = rarity(ordinary(values[index]![row]!));
        if (rare > rarest) rarest = rare;
        sum += rare;
      }
      if (rarest <= alone && sum <= together) continue;
      unusual++;
      const excess = Math.max(rarest / alone, sum / together);
      if (excess <= most) continue;
      most = excess;
      worst = row;
    }
    if (unusual === 0) return undefined;
    return { rows: unusual, worst, ...tell(rated, values, worst, outliers) };
  };
}

function tell(
  rated: readonly ScoredFeature[],
  values: readonly FeatureValues[],
  row: number,
  outliers: OutlierCalibration | undefined,
): Pick<OutOfDistributionFinding, 'share' | 'features'> {
  const rare = rated.map(({ name, index, rarity }) => ({ name, rare: rarity(ordinary(values[index]![row]!)) }));
  rare.sort((a, b) => b.rare - a.rare);
  const rarest = rare[0]!.rare;
  const sum = rare.reduce((total, each) => total + each.rare, 0);
  const share =
    outliers === undefined
      ? rated.length * Math.exp(-rarest)
      : 2 * Math.min(shareBeyond(outliers, 'alone', rarest), shareBeyond(outliers, 'together', sum));
  // Features at least half as rare as the rarest: the others are what such rows have as well.
  const features = rare.filter((each) => each.rare >= rarest / 2).map(({ name }) => name);
  return { share: Math.min(1, share), features: features.slice(0, MAX_REPORTED_FEATURES) };
}

/** Of values that no double holds the nearest that one does: bins are as far apart. */
const ordinary = (value: FeatureValues[number]): number | string => (typeof value === 'bigint' ? Number(value) : value);

/** What at most a share of the reference is beyond; the strictest known where the share is less than a row. */
function thresholdOf(outliers: OutlierCalibration, by: 'alone' | 'together', share: number): number {
  const at = outliers.shares.findIndex((known) => known <= share * (1 + 1e-9));
  return outliers[by].at(at)!;
}

function shareBeyond(outliers: OutlierCalibration, by: 'alone' | 'together', value: number): number {
  const at = outliers[by].findLastIndex((threshold) => value > threshold);
  return at === -1 ? 1 : outliers.shares[at]!;
}
