import { normalQuantile } from '../experiment/sequential.ts';
import type { NumericProfile } from '../profile/profile.ts';
import { normalCdf } from './normal.ts';
import type { Random } from './random.ts';

const BINS = 10;
/** Deciles of the reference, which is standard normal. */
const EDGES = Array.from({ length: BINS - 1 }, (_, i) => normalQuantile((i + 1) / BINS));

/** What some rows have in a feature. */
export interface FeatureCounts {
  readonly missing: number;
  /** Between successive deciles of the reference. */
  readonly bins: readonly number[];
}

/** What a feature is like at a moment. */
export interface FeatureShape {
  /** Share of rows in which it is empty. */
  readonly missing: number;
  /** How far its mean is off that of the reference, in standard deviations. */
  readonly shift: number;
}

/** How the values of `rows` rows fall. */
export function drawFeature(random: Random, rows: number, shape: FeatureShape): FeatureCounts {
  const missing = random.binomial(rows, shape.missing);
  return { missing, bins: random.multinomial(rows - missing, binShares(shape.shift)) };
}

/** The profile of a feature on `rows` rows that are just as expected: what a baseline holds. */
export function expectedFeature(rows: number, { missing, shift }: FeatureShape): NumericProfile {
  const empty = Math.round(rows * missing);
  const bins = binShares(shift).map((share) => Math.round((rows - empty) * share));
  return profileOfFeature({ missing: empty, bins });
}

/** Counts as a profile over the deciles. Moments are left out: drift is measured over bins. */
export function profileOfFeature({ missing, bins }: FeatureCounts): NumericProfile {
  const rows = bins.reduce((sum, count) => sum + count, missing);
  return {
    kind: 'numeric',
    rows,
    missing,
    edges: EDGES,
    counts: [...bins],
    min: null,
    max: null,
    mean: null,
    m2: null,
  };
}

function binShares(shift: number): number[] {
  const below = [0, ...EDGES.map((edge) => normalCdf(edge - shift)), 1];
  return below.slice(1).map((share, i) => share - below[i]!);
}
