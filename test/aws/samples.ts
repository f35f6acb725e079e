import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { NAMESPACE } from '../../core/observability/metric-names.ts';
import type { Variant } from '../../core/serving/variant.ts';
import type { Clients } from './clients.ts';

/** Many samples of a 0/1 metric of one version, by the mean that they have. */
export interface Samples {
  readonly environment: string;
  readonly model: string;
  readonly variant: Variant;
  readonly version: number;
  readonly metric: 'Failure' | 'PredictionError';
  readonly mean: number;
}

/**
 * Puts samples as log lines would bring them: of now, for an alarm says nothing of a release that is younger than what it
 * was evaluated by.
 */
export async function putSamples({ cloudwatch }: Clients, samples: Samples): Promise<void> {
  const { environment, model, variant, version, metric, mean } = samples;
  const common = { Environment: environment, Model: model };
  const Timestamp = new Date();
  const StatisticValues = { SampleCount: 5_000, Sum: 5_000 * mean, Minimum: 0, Maximum: 1 };
  const MetricData = [
    { ...common, Variant: variant },
    { ...common, Version: String(version) },
  ].map((dimensions) => ({
    MetricName: metric,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    Timestamp,
    StorageResolution: 1,
    StatisticValues,
  }));
  await cloudwatch.send(new PutMetricDataCommand({ Namespace: NAMESPACE, MetricData }));
}
