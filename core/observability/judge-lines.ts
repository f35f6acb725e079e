import { JUDGE_METRICS, type JudgeMetricName, NAMESPACE } from './metric-names.ts';

/**
 * A line of embedded metric format about the judge, without a line end: over all models of the environment, and of the
 * model where it is about one.
 *
 * @param at milliseconds since 1970
 */
export function judgeLine(
  metric: JudgeMetricName,
  { environment, model, at, value }: { environment: string; model?: string; at: number; value: 0 | 1 },
): string {
  const dimensions = [['Environment'], ...(JUDGE_METRICS[metric].byModel ? [['Environment', 'Model']] : [])];
  const metrics = [{ Name: metric, Unit: JUDGE_METRICS[metric].unit }];
  return JSON.stringify({
    _aws: { Timestamp: at, CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions: dimensions, Metrics: metrics }] },
    Environment: environment,
    ...(model === undefined ? {} : { Model: model }),
    [metric]: value,
  });
}
