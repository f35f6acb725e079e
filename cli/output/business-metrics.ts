import type { BusinessMetricSummary } from '../../usecases/release/status-view.ts';
import { wrapped } from './wrapped.ts';

/** Lines for people. */
export const formatBusinessMetrics = (summaries: readonly BusinessMetricSummary[]): string[] =>
  summaries.flatMap((summary) =>
    wrapped(`${summary.metric} of ${summary.variant}: ${meanText(summary)}`, { indent: 2 }),
  );

function meanText({ unit, values, mean }: BusinessMetricSummary): string {
  if (mean === null) return `no mean of ${values} values in a day, their sum is too large`;
  return `${Number(mean.toPrecision(4))}${unit === null ? '' : ` ${unit}`} on average of ${values} in a day`;
}
