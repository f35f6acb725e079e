import { MAX_VALUES, metricLine } from '../../core/observability/emf.ts';
import type { BusinessName, MetricName } from '../../core/observability/metric-names.ts';
import type { JoinedRecord } from '../../core/quality/joined-record.ts';
import type { Home } from '../../platform/ports.ts';

/** A joined row, and what it counts as. */
interface EmittedRecord {
  readonly record: JoinedRecord;
  readonly metric: { readonly name: 'PredictionError' | BusinessName; readonly value: number };
}

/**
 * What a decision's truth is counted as.
 *
 * @param at when the prediction was made, ISO 8601
 * @param since when the traffic last changed hands: variants are compared by what they did after it
 */
export const errorMetric = (at: string, since: string): 'PredictionError' | 'PredictionErrorLate' =>
  at < since ? 'PredictionErrorLate' : 'PredictionError';

/** Emits what is new of a model: `PredictionError`, `PredictionErrorLate` and `Business.NAME`, by variant and version. */
export function emitErrors(
  home: Home,
  model: string,
  emitted: readonly EmittedRecord[],
  { since, now }: { readonly since: string; readonly now: Date },
): void {
  const groups = new Map<string, { record: JoinedRecord; name: MetricName | BusinessName; values: number[] }>();
  for (const { record, metric } of emitted) {
    const name = metric.name === 'PredictionError' ? errorMetric(record.at, since) : metric.name;
    const key = `${name} ${record.version} ${record.variant}`;
    const group = groups.get(key) ?? { record, name, values: [] };
    group.values.push(metric.value);
    groups.set(key, group);
  }
  for (const { record, name, values } of groups.values())
    for (let i = 0; i < values.length; i += MAX_VALUES)
      home.metrics.write(
        metricLine({
          environment: home.metrics.environment,
          model,
          variant: record.variant,
          version: record.version,
          at: now.getTime(),
          values: { [name]: values.slice(i, i + MAX_VALUES) },
        }),
      );
}
