import { METRICS, type MetricName, NAMESPACE } from '../alarms/alarm.ts';
import type { Variant } from '../serving/variant.ts';

/** CloudWatch takes at most this many values of one metric in one line. */
export const MAX_VALUES = 100;

export interface MetricLine {
  readonly model: string;
  readonly variant: Variant;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** At most {@link MAX_VALUES} values of each; more are thinned evenly, so that averages and percentiles hold. */
  readonly values: Partial<Record<MetricName | BusinessName, number | readonly number[]>>;
}

/** Name of a business metric among the others. */
export type BusinessName = `Business.${string}`;

/**
 * One line of CloudWatch's embedded metric format, without a line end: dimensions [Model, Variant] and
 * [Model, Version], one-second resolution.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricLine(line: MetricLine): string {
  const names: string[] = [];
  let values = '';
  for (const name in line.values) {
    const value = line.values[name as MetricName | BusinessName];
    if (value === undefined || (typeof value === 'object' && value.length === 0)) continue;
    names.push(name);
    values += `,"${name}":${typeof value === 'number' ? finite(value) : `[${thin(value).map(finite).join(',')}]`}`;
  }
  return (
    `{"_aws":{"Timestamp":${line.at},"CloudWatchMetrics":[${directive(names.join(','))}]}` +
    `,"Model":${JSON.stringify(line.model)},"Variant":"${line.variant}","Version":"${line.version}"${values}}`
  );
}

/** The part that says what the metrics are is the same for every line with the same names: it is written once. */
const directives = new Map<string, string>();

function directive(names: string): string {
  let text = directives.get(names);
  if (text === undefined) {
    text = JSON.stringify({
      Namespace: NAMESPACE,
      Dimensions: [
        ['Model', 'Variant'],
        ['Model', 'Version'],
      ],
      Metrics: names
        .split(',')
        .filter((name) => name !== '')
        .map((name) => ({ Name: name, Unit: METRICS[name as MetricName] ?? 'None', StorageResolution: 1 })),
    });
    directives.set(names, text);
  }
  return text;
}

/** JSON has no NaN; a metric that is not a number counts as 0 rather than breaking the line. */
const finite = (value: number): number => (Number.isFinite(value) ? value : 0);

function thin(values: readonly number[]): readonly number[] {
  if (values.length <= MAX_VALUES) return values;
  const step = values.length / MAX_VALUES;
  return Array.from({ length: MAX_VALUES }, (_, i) => values[Math.floor(i * step)]!);
}
