import type { BusinessMetricSummary } from '../../usecases/release/status-view.ts';

/** Lines for people. */
export const formatBusinessMetrics = (summaries: readonly BusinessMetricSummary[]): string[] =>
  summaries.map(
    ({ metric, unit, variant, values, mean }) =>
      `  ${metric} of ${variant}: ${Number(mean.toPrecision(4))}${unit === null ? '' : ` ${unit}`} on average of ${values} in a day`,
  );
