import type { Variant } from '../serving/variant.ts';
import { type BusinessName, type MetricName, metricOf, NAMESPACE, SERIES } from './metric-names.ts';

/** CloudWatch takes at most this many values of one metric in one line. */
export const MAX_VALUES = 100;

export interface MetricLine {
  /** Name of the installation: two of them in one account and region have metrics of their own. */
  readonly environment: string;
  readonly model: string;
  readonly variant: Variant;
  readonly version: number;
  /**
   * The caller named the version, so that it was not given at random: nothing of it is read where versions are compared.
   * @default false
   */
  readonly named?: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** At most {@link MAX_VALUES} values of each; more are thinned evenly, so that averages and percentiles hold. */
  readonly values: Partial<Record<MetricName | BusinessName, number | readonly number[]>>;
}

/**
 * One line of CloudWatch's embedded metric format, without a line end: dimensions [Environment, Model, Variant] and
 * [Environment, Model, Version], each with the metrics that are read under it, one-second resolution.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricLine(line: MetricLine): string {
  const constants: string[] = [line.named ? 'named' : '', line.environment];
  let values = '';
  for (const name in line.values) {
    const value = line.values[name as MetricName | BusinessName];
    if (value === undefined || (typeof value === 'object' && value.length === 0)) continue;
    constants.push(name);
    values += `,"${name}":${typeof value === 'number' ? finite(value) : `[${thin(value).map(finite).join(',')}]`}`;
  }
  return (
    `{"_aws":{"Timestamp":${line.at},${constantPart(constants.join(','))}` +
    `,"Model":${JSON.stringify(line.model)},"Variant":"${line.variant}","Version":"${line.version}"${values}}`
  );
}

/** What is the same for every line of an environment with the same metrics: it is written once. */
const constantParts = new Map<string, string>();

/** @param key whether a version was named, the environment and the metrics' names, by commas, of which none has one */
function constantPart(key: string): string {
  let text = constantParts.get(key);
  if (text === undefined) {
    const [named = '', environment, ...metrics] = key.split(',');
    const names = metrics as (MetricName | BusinessName)[];
    text = `"CloudWatchMetrics":${JSON.stringify(directives(names, named !== ''))}},"Environment":${JSON.stringify(environment)}`;
    constantParts.set(key, text);
  }
  return text;
}

/** One directive for the metrics of each combination of dimension sets. */
function directives(names: readonly (MetricName | BusinessName)[], named: boolean): object[] {
  return SERIES.map((by) => ({
    Namespace: NAMESPACE,
    Dimensions: by
      .filter((dimension) => !named || dimension === 'Variant')
      .map((dimension) => ['Environment', 'Model', dimension]),
    Metrics: names
      .filter((name) => metricOf(name).by === by)
      .map((name) => ({ Name: name, Unit: metricOf(name).unit, StorageResolution: 1 })),
  })).filter(({ Metrics }) => Metrics.length > 0);
}

/** JSON has no NaN; a metric that is not a number counts as 0 rather than breaking the line. */
const finite = (value: number): number => (Number.isFinite(value) ? value : 0);

function thin(values: readonly number[]): readonly number[] {
  if (values.length <= MAX_VALUES) return values;
  const step = values.length / MAX_VALUES;
  return Array.from({ length: MAX_VALUES }, (_, i) => values[Math.floor(i * step)]!);
}
