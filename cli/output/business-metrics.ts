import type { BusinessMetricSummary } from '../../usecases/release/business-metrics.ts';

/** Lines for people. */
export const formatBusinessMetrics = (summaries: readonly BusinessMetricSummary[]): string[] =>
  summaries.map(
    ({ metric, unit, variant, values, mean }) =>
      `  ${metric} of ${variant}: ${Number(mean.toPrecision(4))}${unit === undefined ? '' : ` ${unit}`} on average of ${values} in a day`,
  );
