import { NAMESPACE } from '../../core/observability/metric-names.ts';
import type { Resource } from './synthesized.ts';

/** A series of CloudWatch: what it bills, and what an alarm or a graph names. */
export interface Series {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** A look of a deployed resource at metrics of ours. */
export interface Read {
  readonly by: 'alarm' | 'dashboard';
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Of a graph that searches. */
  readonly expression?: string;
  /** Whether it sees a series. */
  readonly matches: (series: Series) => boolean;
}

export const seriesKey = ({ namespace, metric, dimensions }: Series): string =>
  [namespace, metric, ...Object.entries(dimensions).map((pair) => pair.join('='))].sort().join(' ');

/** Series that a line of embedded metric format adds to. */
export function seriesIn(text: string): Series[] {
  const line = JSON.parse(text);
  const { CloudWatchMetrics } = line._aws as {
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name }) => ({
        namespace: Namespace,
        metric: Name,
        dimensions: Object.fromEntries(names.map((name) => [name, String(line[name])])),
      })),
    ),
  );
}

/** Every look at our metrics of the alarms and dashboards among resources. @param chosen the model that is chosen on them */
export const readsOf = (resources: readonly Resource[], chosen: string): Read[] =>
  resources.flatMap(({ Type, Properties }) => {
    if (Type === 'AWS::CloudWatch::Alarm') return alarmReads(Properties);
    if (Type === 'AWS::CloudWatch::Dashboard') return widgetsOf(Properties.DashboardBody, chosen).flatMap(widgetReads);
    return [];
  });

function alarmReads({ Namespace, MetricName, Dimensions = [] }: Resource['Properties']): Read[] {
  if (Namespace !== NAMESPACE) return [];
  const pairs = (Dimensions as { Name: string; Value: string }[]).map(({ Name, Value }) => [Name, Value] as const);
  return [plain('alarm', MetricName, Object.fromEntries(pairs))];
}

function plain(by: Read['by'], metric: string, dimensions: Read['dimensions']): Read {
  const key = seriesKey({ namespace: NAMESPACE, metric, dimensions });
  return { by, metric, dimensions, matches: (series) => seriesKey(series) === key };
}

interface Widget {
  readonly properties: { readonly metrics?: readonly (readonly unknown[])[] };
}

interface Body {
  readonly widgets: readonly Widget[];
  readonly variables?: readonly { readonly pattern: string }[];
}

/** The body as CloudWatch gets it; what is known only at deployment is left out. */
function widgetsOf(body: unknown, chosen: string): Widget[] {
  const resolve = (part: unknown): string => {
    if (typeof part === 'string') return part;
    const [[name, value]] = Object.entries(part as Record<string, unknown>) as [[string, unknown]];
    return name === 'Fn::Join' ? (value as [string, unknown[]])[1].map(resolve).join('') : '<token>';
  };
  const { widgets, variables = [] } = JSON.parse(resolve(body)) as Body;
  // As CloudWatch does for whoever has chosen.
  const shown = variables.reduce((text, { pattern }) => text.replaceAll(pattern, chosen), JSON.stringify(widgets));
  return JSON.parse(shown) as Widget[];
}

function widgetReads({ properties: { metrics = [] } }: Widget): Read[] {
  return metrics.flatMap((metric): Read[] => {
    const [first, name, ...rest] = metric;
    if (typeof first === 'object') return searches((first as { expression?: string }).expression ?? '');
    if (first !== NAMESPACE) return [];
    const texts = rest.filter((part): part is string => typeof part === 'string');
    const pairs = Array.from({ length: texts.length / 2 }, (_, i) => [texts[2 * i]!, texts[2 * i + 1]!] as const);
    return [plain('dashboard', String(name), Object.fromEntries(pairs))];
  });
}

/** `SEARCH('{Namespace,Dimension,…} MetricName="m" Dimension="value" …', …)`: series of just these dimensions. */
function searches(expression: string): Read[] {
  return [...expression.matchAll(/SEARCH\('\{([^}]*)\} ([^']*)'/g)].flatMap(([whole, schema, terms]) => {
    const [namespace, ...names] = schema!.split(',');
    if (namespace !== NAMESPACE) return [];
    const { MetricName: metric = '', ...dimensions } = Object.fromEntries(
      [...terms!.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]),
    );
    const matches = (series: Series): boolean =>
      series.namespace === namespace &&
      series.metric === metric &&
      Object.keys(series.dimensions).sort().join() === names.toSorted().join() &&
      Object.entries(dimensions).every(([name, value]) => series.dimensions[name] === value);
    const searched = Object.fromEntries(names.map((name) => [name, dimensions[name] ?? '*']));
    return [{ by: 'dashboard' as const, metric, dimensions: searched, expression: whole, matches }];
  });
}
