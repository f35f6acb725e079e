import { radius, rhoFor } from '../experiment/sequential.ts';
import type { Compared, JudgeLimits, MetricFinding } from './comparison.ts';

/** Losses of some rows: their number, their sum, and the sum of their squares or a bound above it. */
export interface LossSums {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
}

export const NO_LOSSES: LossSums = { n: 0, sum: 0, squares: 0 };

/** What two versions lost while the shares of the traffic stayed as they were. */
export interface LossStratum {
  readonly suspect: LossSums;
  readonly reference: LossSums;
}

/** A mean of losses of two versions: a Brier score, a log loss, a cost. */
export interface LossComparison extends Compared {
  readonly losses: readonly LossStratum[];
  /** The largest loss that one row may have. */
  readonly largest: number;
}

/** Losses that count for fewer than this many of their size say nothing normal of their mean. */
const MIN_EFFECTIVE = 20;
/** Standard deviation of the differences that the mixture is over, as a part of the mean. */
const PRIOR_PART = 0.25;
/** Information, in units of 1 / margin squared, at which the bound of a step is about tightest. */
const STEP_INFORMATION = 12;

/**
 * Compares means of losses within strata, summed with the weights of Mantel and Haenszel, by asymptotic confidence
 * sequences: losses are bounded, and their variance is that of all rows of a version, between strata as within.
 *
 * Source: I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas, Annals of Statistics 52 (2024) 2613-2640.
 */
export function compareLosses(comparison: LossComparison, limits: JudgeLimits): MetricFinding {
  const { metric, segment = null, className = null, losses, largest } = comparison;
  const margin = limits.stepMargin ?? comparison.margin;
  const both = losses.filter(({ suspect, reference }) => suspect.n > 0 && reference.n > 0);
  const suspect = total(both.map((each) => each.suspect));
  const reference = total(both.map((each) => each.reference));
  const enough = Math.min(effective(suspect), effective(reference)) >= MIN_EFFECTIVE;
  const pooled = (suspect.sum + reference.sum) / Math.max(1, suspect.n + reference.n);
  const referenceMean = reference.n === 0 ? 0 : reference.sum / reference.n;

  const own = lossDifference(both, 1);
  const evidence = enough && own.estimate > 0 ? logEvidence(own, PRIOR_PART * pooled) : 0;
  const beyond = lossDifference(both, 1 + comparison.margin.relative).estimate;
  const needed = -Math.log(limits.takeBackLevel);
  const excess = enough ? upper(lossDifference(both, 1 + margin.relative), limits.stepLevel, margin, pooled) : largest;
  let finding: MetricFinding['finding'] = excess < margin.floor ? 'within-margin' : 'unclear';
  if (evidence >= needed && beyond > comparison.margin.floor) finding = 'worse';
  const { relative, floor } = finding === 'worse' ? comparison.margin : margin;
  return {
    metric,
    segment,
    className,
    basis: 'losses',
    finding,
    suspect: { n: suspect.n, bad: suspect.sum },
    reference: { n: reference.n, bad: reference.sum },
    difference: own.estimate,
    low: enough ? Math.max(-largest, -upper(negated(own), limits.stepLevel, margin, pooled)) : -largest,
    high: Math.min(largest, excess + margin.relative * referenceMean),
    margin: relative * referenceMean + floor,
    evidence,
    needed,
  };
}

interface LossDifference {
  readonly estimate: number;
  readonly variance: number;
}

function lossDifference(strata: readonly LossStratum[], ratio: number): LossDifference {
  const [suspectVariance, referenceVariance] = [
    varianceOfOne(total(strata.map(({ suspect }) => suspect))),
    varianceOfOne(total(strata.map(({ reference }) => reference))),
  ];
  let [weight, weighted, variance] = [0, 0, 0];
  for (const { suspect: a, reference: b } of strata) {
    const w = (a.n * b.n) / (a.n + b.n);
    weight += w;
    weighted += w * (a.sum / a.n - ratio * (b.sum / b.n));
    variance += w * w * (suspectVariance / a.n + (ratio * ratio * referenceVariance) / b.n);
  }
  if (weight === 0) return { estimate: 0, variance: Number.POSITIVE_INFINITY };
  return { estimate: weighted / weight, variance: variance / (weight * weight) };
}

const negated = ({ estimate, variance }: LossDifference): LossDifference => ({ estimate: -estimate, variance });

/** The normal mixture's likelihood ratio against "no difference", as its logarithm. */
function logEvidence({ estimate, variance }: LossDifference, deviation: number): number {
  if (!(variance > 0) || !(deviation > 0)) return 0;
  const [information, rho] = [1 / variance, 1 / (deviation * deviation)];
  return 0.5 * Math.log(rho / (information + rho)) + (information * estimate) ** 2 / (2 * (information + rho));
}

function upper(
  { estimate, variance }: LossDifference,
  level: number,
  margin: Compared['margin'],
  pooled: number,
): number {
  if (!(variance > 0)) return estimate;
  const width = margin.relative * pooled + margin.floor;
  // The bound is two-sided, and one side is asked for.
  return estimate + radius(1 / variance, 2 * level, rhoFor(STEP_INFORMATION / width ** 2, 2 * level));
}

const total = (sums: readonly LossSums[]): LossSums =>
  sums.reduce((a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum, squares: a.squares + b.squares }), NO_LOSSES);

/** How many rows of one loss would have such a sum and squares (Kish); of losses of 0 and 1, how many are 1. */
const effective = ({ sum, squares }: LossSums): number => (squares > 0 ? (sum * sum) / squares : 0);

/** Variance of one row’s loss, unbiased. */
function varianceOfOne({ n, sum, squares }: LossSums): number {
  if (n < 2) return Number.POSITIVE_INFINITY;
  const mean = sum / n;
  return (Math.max(0, squares / n - mean * mean) * n) / (n - 1);
}
