import * as z from 'zod';
import { Counts, type JudgedStratum, totalOf } from './counts.ts';
import { proportionBounds } from './proportion.ts';
import { differenceRadius, logDifference, rateDifference } from './rate-difference.ts';
import { logRateRatio } from './rate-ratio.ts';
import type { JudgedKind, Margin } from './rules.ts';

/** What is compared, however that is done. */
export interface Compared {
  /** `failures`, `slow answers`, `wrong decisions`, `missed positives`; said in reasons. */
  readonly metric: string;
  readonly kind: JudgedKind;
  /** Segment of the traffic, `carrier=UA`; absent: all of it. */
  readonly segment?: string | undefined;
  /** Class whose rows it is about; absent: all of them. */
  readonly className?: string | undefined;
  /** What is let pass when it is about taking back or the promotion. */
  readonly margin: Margin;
  /** Whether a step waits for it; a segment or a class can take a version back and holds up none. */
  readonly holdsStep: boolean;
  /** What is said besides where it is worse. */
  readonly detail?: string | undefined;
}

/** One rate of two versions, among requests that fell to either at random. */
export interface Comparison extends Compared {
  /** How many times as bad the suspect has to be, at least, to be worse. @default 1 */
  readonly ratio?: number;
  readonly strata: readonly JudgedStratum[];
  /** What asking again about bad answers has shown; absent: nothing was asked, and all of them are the suspect's own. */
  readonly asked?: AskedAgain | undefined;
  /** Whether no more can become known of it, so that nothing is to be waited for. @default false */
  readonly isClosed?: boolean;
  /** Truths of the suspect that repeat others, and count for nothing. */
  readonly repeated?: RepeatedTruths | undefined;
}

/** How many truths of a version are of rows that the same caller had sent before. */
export interface RepeatedTruths {
  readonly repeated: number;
  /** Truths, with these. */
  readonly truths: number;
}

/** Bad answers of the suspect that are its own, for the reference does well where it was asked the same. */
export interface AskedAgain {
  /** As `strata`, with those of the suspect's bad answers alone that are its own. */
  readonly own: readonly JudgedStratum[];
  /** Where the others come from; null while that is being asked, unclear where nothing is there to be asked. */
  readonly cause: 'data' | 'infrastructure' | 'unclear' | null;
  readonly sentence: string;
}

export const isPart = ({ segment, className }: Compared): boolean => segment !== undefined || className !== undefined;

/** How one rate was found; goes into the ledger. */
export const MetricFinding = z.strictObject({
  metric: z.string().describe('What was compared.'),
  segment: z.string().nullable().describe('Segment of the traffic; null: all of it.'),
  className: z.string().nullable().describe('Class whose rows it is about; null: all.'),
  basis: z
    .enum(['rates', 'losses', 'pairs'])
    .describe('Shares of requests that fell to either at random, means of such, or pairs of answers to the same ones.'),
  finding: z
    .enum(['worse', 'excused', 'within-margin', 'unclear'])
    .describe(
      'worse: surely, and beyond the margin; excused: so, but by what the reference does as well when asked the same; within-margin: surely less than the margin worse.',
    ),
  suspect: Counts.describe('Of the version that is judged; of losses, their sum.'),
  reference: Counts.describe('Of the version that it is held against.'),
  difference: z.number().describe('Rate of the suspect less that of the reference, within strata.'),
  low: z.number().describe('Smallest difference that is not excluded, at all looks together; −1 while nothing is.'),
  high: z.number().describe('Largest difference that is not excluded, at all looks together; 1 while nothing is.'),
  margin: z.number().describe('Largest difference that is let pass.'),
  evidence: z
    .number()
    .describe('Likelihood ratio against "not worse", as its logarithm; the version is worse from `needed` on.'),
  needed: z.number().describe('Logarithm of 1 / the chance of error that this metric may have.'),
});
export type MetricFinding = z.infer<typeof MetricFinding>;

/** How the error of a step's bound is divided: the normal bound has most of it, an exact one of few counts the rest. */
const NORMAL_PART = 0.8;

export interface JudgeLimits {
  /** Chance of error of taking back that this comparison may have. */
  readonly takeBackLevel: number;
  /** What is let pass at the next step; absent where there is none. */
  readonly stepMargin?: Margin | undefined;
  readonly stepLevel: number;
  /** Of the strata, those of the step that the rollout is in: an exact bound is of constant shares. */
  readonly currentStep?: readonly JudgedStratum[] | undefined;
}

/** Compares one rate of two versions: whether the suspect is worse, and whether it is surely not by more than the margin. */
export function compareRates(comparison: Comparison, options: JudgeLimits): MetricFinding {
  const { metric, segment = null, className = null, strata } = comparison;
  const { suspect, reference } = totalOf(strata.filter((each) => each.suspect.n > 0 && each.reference.n > 0));
  const { estimate } = rateDifference(strata);
  const referenceRate = reference.n === 0 ? 0 : reference.bad / reference.n;
  const whole = worseEvidence(comparison, strata);
  const worse = comparison.asked === undefined ? whole : worseEvidence(comparison, comparison.asked.own);
  const needed = -Math.log(options.takeBackLevel);
  const margin = options.stepMargin ?? comparison.margin;
  const exact = exactBounds(options.currentStep ?? strata, options.stepLevel);
  const excess = upperExcess(strata, options.stepLevel, margin, exact);
  let finding: MetricFinding['finding'] = excess < margin.floor ? 'within-margin' : 'unclear';
  const isWorse = (found: typeof whole): boolean => found.beyondMargin && found.evidence >= needed;
  if (isWorse(worse)) finding = 'worse';
  else if (isWorse(whole)) finding = 'excused';
  const { relative, floor } = finding === 'worse' ? comparison.margin : margin;
  const allowed = relative * referenceRate + floor;
  // The bound is of p_c - (1 + m) p_r; said as a bound of p_c - p_r.
  const high = Math.min(1, excess + margin.relative * referenceRate);
  const { evidence } = worse;
  return {
    metric,
    segment,
    className,
    basis: 'rates',
    finding,
    suspect,
    reference,
    difference: estimate,
    low: lowest(strata, options.stepLevel, margin, exact),
    high,
    margin: allowed,
    evidence,
    needed,
  };
}

/**
 * Evidence that the suspect is worse: the mean of two e-values, one exact for rare events, one by the central limit
 * theorem, is one. It counts only where the estimate is worse, so the second may be two-sided.
 */
function worseEvidence(
  { margin, ratio = 1 }: Comparison,
  strata: readonly JudgedStratum[],
): { evidence: number; beyondMargin: boolean } {
  const difference = rateDifference(strata, ratio);
  const { estimate: beyond } = rateDifference(strata, 1 + margin.relative);
  if (!(difference.estimate > 0)) return { evidence: 0, beyondMargin: false };
  const [exact, normal] = [logRateRatio(strata, ratio), logDifference(difference)];
  const largest = Math.max(exact, normal);
  const evidence = largest + Math.log((Math.exp(exact - largest) + Math.exp(normal - largest)) / 2);
  return { evidence, beyondMargin: beyond > margin.floor };
}

/** Always-valid bounds of the rates over the step that the rollout is in, at parts of the level. */
interface ExactBounds {
  readonly suspect: readonly [number, number];
  readonly reference: readonly [number, number];
}

function exactBounds(currentStep: readonly JudgedStratum[], stepLevel: number): ExactBounds {
  const { suspect, reference } = totalOf(currentStep);
  const each = (1 - NORMAL_PART) * stepLevel;
  return { suspect: proportionBounds(suspect, each), reference: proportionBounds(reference, each) };
}

/**
 * Always-valid upper bound of p_suspect - (1 + m) p_reference: the lower of a normal one over all strata, and an exact
 * one of two rates over the step that the rollout is in, at parts of the level that sum to it.
 */
function upperExcess(
  strata: readonly JudgedStratum[],
  stepLevel: number,
  { relative, floor }: Margin,
  exact: ExactBounds,
): number {
  const ratio = 1 + relative;
  const difference = rateDifference(strata, ratio);
  const width = relative * difference.pooled + floor;
  const normal = difference.estimate + differenceRadius(difference, 2 * NORMAL_PART * stepLevel, width);
  return Math.min(normal, exact.suspect[1] - ratio * exact.reference[0]);
}

/** Always-valid lower bound of p_suspect - p_reference, as that above is an upper one; to show it. */
function lowest(
  strata: readonly JudgedStratum[],
  stepLevel: number,
  { relative, floor }: Margin,
  exact: ExactBounds,
): number {
  const difference = rateDifference(strata);
  const width = relative * difference.pooled + floor;
  const normal = difference.estimate - differenceRadius(difference, 2 * NORMAL_PART * stepLevel, width);
  return Math.max(-1, normal, exact.suspect[0] - exact.reference[1]);
}
