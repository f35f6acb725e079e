import type { Compared, JudgeLimits, MetricFinding } from './comparison.ts';
import type { Counts } from './counts.ts';
import { logPairs, type PairedCounts } from './paired.ts';
import { logRateRatio } from './rate-ratio.ts';

/** What two versions answered to the same requests, of which either may be bad. */
export interface PairedComparison extends Compared {
  readonly pairs: PairedCounts;
  /** Of how many requests these are the pairs that could differ; absent: of themselves. */
  readonly trials?: number;
  /**
   * How often each was bad, of requests that were not chosen for it: the reference's from before the release. Pairs of
   * requests that the suspect was bad at say whose fault they are, and not whether there are more of them.
   */
  readonly rates?: { readonly suspect: Counts; readonly reference: Counts } | undefined;
  /** The recent time that most of it is in: good answers of long before say nothing of how bad it is. */
  readonly lately?: Lately | undefined;
}

/** Pairs of the recent time that most of what is bad is in. */
export interface Lately {
  readonly pairs: PairedCounts;
  readonly trials: number;
  /** How often the suspect was bad in that time. */
  readonly suspect: Counts;
  /** Of so many such times it was chosen. */
  readonly choices: number;
}

/**
 * Compares the answers of two versions to the same requests. It may find that the suspect is worse, and never says that
 * it is not: requests are the suspect's own, and of failures only those that failed.
 */
export function comparePairs(
  { metric, segment, className, margin, pairs, trials: all = pairs.n, rates, lately }: PairedComparison,
  { takeBackLevel }: Pick<JudgeLimits, 'takeBackLevel'>,
): MetricFinding {
  const trials = lately?.trials ?? all;
  const { both, suspectOnly, referenceOnly } = lately?.pairs ?? pairs;
  const of = (bad: number) => ({ n: trials, bad });
  const usual = rates === undefined || rates.reference.n === 0 ? 0 : rates.reference.bad / rates.reference.n;
  const difference = trials === 0 ? 0 : (suspectOnly - referenceOnly) / trials - usual;
  const allowed = trials === 0 ? margin.floor : (margin.relative * (both + referenceOnly)) / trials + margin.floor;
  // The lesser of two e-values, so that it takes both: more of them, and its own.
  const more = rates === undefined || rates.reference.n === 0 ? Number.POSITIVE_INFINITY : logMore(rates, lately);
  const evidence = difference > 0 ? Math.min(logPairs(pairs), more) : 0;
  const needed = -Math.log(takeBackLevel);
  return {
    metric,
    segment: segment ?? null,
    className: className ?? null,
    basis: 'pairs',
    finding: evidence >= needed && difference > allowed ? 'worse' : 'unclear',
    suspect: of(both + suspectOnly),
    reference: of(both + referenceOnly),
    difference,
    low: -1,
    high: 1,
    margin: allowed,
    evidence,
    needed,
  };
}

/** Evidence of more: at any time since the release, or of late; less than the mean of both, which is one e-value. */
function logMore(rates: Required<PairedComparison>['rates'] & object, lately: Lately | undefined): number {
  const ever = logRateRatio([rates]);
  if (lately === undefined) return ever;
  const recent = logRateRatio([{ suspect: lately.suspect, reference: rates.reference }]) - Math.log(lately.choices);
  return Math.max(ever, recent) - Math.LN2;
}
