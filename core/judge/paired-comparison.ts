import type { Compared, JudgeLimits, MetricFinding } from './comparison.ts';
import { logPairs, type PairedCounts } from './paired.ts';

/** What two versions answered to the same requests, of which either may be bad. */
export interface PairedComparison extends Compared {
  readonly pairs: PairedCounts;
  /** Of how many requests these are the pairs that could differ; absent: of themselves. */
  readonly trials?: number;
}

/**
 * Compares the answers of two versions to the same requests. It may find that the suspect is worse, and never says that
 * it is not: requests are the suspect's own, and of failures only those that failed.
 */
export function comparePairs(
  { metric, segment, className, margin, pairs, trials = pairs.n }: PairedComparison,
  { takeBackLevel }: Pick<JudgeLimits, 'takeBackLevel'>,
): MetricFinding {
  const { both, suspectOnly, referenceOnly } = pairs;
  const of = (bad: number) => ({ n: trials, bad });
  const difference = trials === 0 ? 0 : (suspectOnly - referenceOnly) / trials;
  const allowed = trials === 0 ? margin.floor : (margin.relative * (both + referenceOnly)) / trials + margin.floor;
  const evidence = difference > 0 ? logPairs(pairs) : 0;
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
    high: 1,
    margin: allowed,
    evidence,
    needed,
  };
}
