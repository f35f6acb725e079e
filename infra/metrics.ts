import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type BusinessName,
  DATASET_METRICS,
  type DatasetMetricName,
  type JudgeMetricName,
  METRICS,
  type MetricName,
  NAMESPACE,
  variantDimensions,
} from '../core/observability/metric-names.ts';
import { Variant } from '../core/serving/variant.ts';

/** A series of a model: whose, and of which variant. */
export interface VariantSeries {
  readonly environment: string;
  readonly model: string;
  readonly variant: Variant;
}

const MINUTE = Duration.minutes(1);
const FIVE_MINUTES = Duration.minutes(5);

/** A metric of one variant of a model; by default its mean of each minute. */
export const variantMetric = (
  name: MetricName | BusinessName,
  { environment, model, variant }: VariantSeries,
  options?: MetricOptions,
): Metric =>
  new Metric({
    namespace: NAMESPACE,
    metricName: name,
    dimensionsMap: { ...variantDimensions(environment, model, variant) },
    statistic: 'Average',
    period: MINUTE,
    ...options,
  });

/** A metric of data files, of all datasets or of one; by default its sum of five minutes. @throws Error where there is none by dataset */
export function datasetMetric(
  name: DatasetMetricName,
  { environment, dataset }: { readonly environment: string; readonly dataset?: string | undefined },
  options?: MetricOptions,
): Metric {
  if (dataset !== undefined && !DATASET_METRICS[name].byDataset)
    throw new Error(`${name} is counted over all datasets, received the dataset '${dataset}'`);
  return new Metric({
    namespace: NAMESPACE,
    metricName: name,
    dimensionsMap: { Environment: environment, ...(dataset === undefined ? {} : { Dataset: dataset }) },
    statistic: 'Sum',
    period: FIVE_MINUTES,
    ...options,
  });
}

/** A metric of the judge of releases, of an environment or of one model in it; by default its sum of each minute. */
export const judgeMetric = (
  name: JudgeMetricName,
  { environment, model }: { readonly environment: string; readonly model?: string },
  options?: MetricOptions,
): Metric =>
  new Metric({
    namespace: NAMESPACE,
    metricName: name,
    dimensionsMap: { Environment: environment, ...(model === undefined ? {} : { Model: model }) },
    statistic: 'Sum',
    period: MINUTE,
    ...options,
  });

const BY_VARIANT: readonly string[] = Object.entries(METRICS)
  .filter(([, { by }]) => by.some((dimension) => dimension === 'Variant'))
  .map(([name]) => name);

/** The name of a metric of a model's variants. @throws Error when there is none of that name */
export function modelMetricNamed(name: string): MetricName | BusinessName {
  if (BY_VARIANT.includes(name) || /^Business\../.test(name)) return name as MetricName | BusinessName;
  throw new Error(
    `a metric of a model’s variants is one of ${BY_VARIANT.join(', ')} or Business.<name>, received '${name}'`,
  );
}

/** The name of a variant. @throws Error when there is none of that name */
export function variantNamed(name: string): Variant {
  const found = Variant.options.find((variant) => variant === name);
  if (found !== undefined) return found;
  throw new Error(`a variant is one of ${Variant.options.join(', ')}, received '${name}'`);
}
