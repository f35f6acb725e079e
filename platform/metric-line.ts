import { NAMESPACE } from '../core/observability/metric-names.ts';

/** The parts of an embedded-metric-format line that matter here. */
interface EmfLine {
  readonly _aws?: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

/** Values of one metric under one set of dimensions. */
export interface MetricValues {
  readonly metric: string;
  /** As {@link dimensionsKey} has it. */
  readonly dimensions: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly values: readonly number[];
}

/**
 * Reads the program's metrics of an embedded-metric-format line, once for each set of dimensions. A line cut off by a
 * killed process holds no whole sample, and gives nothing.
 *
 * @param only names of the metrics that are wanted. @default all
 */
export function* parseMetricLine(text: string, only?: readonly string[]): Generator<MetricValues> {
  let line: EmfLine;
  try {
    line = JSON.parse(text) as EmfLine;
  } catch {
    return;
  }
  if (!line._aws) return;
  const at = line._aws.Timestamp;
  for (const { Namespace, Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
    if (Namespace !== NAMESPACE) continue;
    for (const names of Dimensions) {
      const dimensions = dimensionsKey(Object.fromEntries(names.map((name) => [name, String(line[name])])));
      for (const { Name: metric } of Metrics)
        if (only?.includes(metric) ?? true) yield { metric, dimensions, at, values: numbersOf(line[metric]) };
    }
  }
}

/** One text for a set of dimensions, whatever their order. */
export const dimensionsKey = (dimensions: Readonly<Record<string, string>>): string =>
  Object.keys(dimensions)
    .sort()
    .map((name) => `${name}\n${dimensions[name]}`)
    .join('\n');

const numbersOf = (value: unknown): number[] =>
  (Array.isArray(value) ? value : [value]).filter((sample) => typeof sample === 'number');
