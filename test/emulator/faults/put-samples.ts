import { type CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { NAMESPACE } from '../../../core/observability/metric-names.ts';

export interface MetricSamples {
  readonly model: string;
  readonly version: number;
  readonly metric: string;
  /** Of 0/1 samples: the rate. */
  readonly mean: number;
  readonly at: Date;
}

const SAMPLES = 200;

/** Puts samples of a version's metric where the functions look for them, as its log lines would. */
export async function putSamples(cloudwatch: CloudWatchClient, samples: MetricSamples): Promise<void> {
  const { model, version, metric, mean, at } = samples;
  const data = {
    MetricName: metric,
    Dimensions: [
      { Name: 'Environment', Value: 'dev' },
      { Name: 'Model', Value: model },
      { Name: 'Version', Value: String(version) },
    ],
    Timestamp: at,
    StorageResolution: 1,
    StatisticValues: { SampleCount: SAMPLES, Sum: SAMPLES * mean, Minimum: 0, Maximum: 1 },
  };
  await cloudwatch.send(new PutMetricDataCommand({ Namespace: NAMESPACE, MetricData: [data] }));
}
