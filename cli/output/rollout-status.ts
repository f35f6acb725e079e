import type { Hypothesis } from '../../core/experiment/hypothesis.ts';
import type { Challenger } from '../../core/registry/ledger.ts';
import type { RolloutStatus } from '../../usecases/release/status-view.ts';
import { interval } from './interval.ts';
import { formatFindings } from './judge.ts';
import { bar } from './table.ts';
import { formatPercent } from './traffic.ts';
import { wrapped } from './wrapped.ts';

const INDENT = ' '.repeat(14);

/** What an A/B test asks, in a few words. */
export const formatHypothesis = ({ metric, better, rate, minEffect }: Hypothesis): string =>
  `A/B test: is ${metric} ${better} by ${rate ? `${Number((100 * minEffect).toFixed(3))} points` : minEffect} or more?`;

/** How a challenger stands, below its line: a test's interval and how far it has come, a step's comparisons. */
export function formatRolloutStatus({ test }: Challenger, standing: RolloutStatus | undefined): string[] {
  if (standing === undefined) return [];
  if (standing.test !== null && test !== undefined) {
    const { difference, low, high, progress, reason } = standing.test;
    const picture =
      difference === null || low === null || high === null
        ? []
        : [
            `${INDENT} ${interval({ low, point: difference, high }, test.minEffect)}  ${bar(progress, 8)} ${formatPercent(progress)} done`,
          ];
    return [...picture, ...wrapped(reason, { indent: INDENT.length + 1 })];
  }
  return standing.step === null ? [] : formatFindings(standing.step);
}
