import {
  GraphWidget,
  type HorizontalAnnotation,
  type IMetric,
  LegendPosition,
  type Metric,
  Shading,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmDefinition } from '../../core/alarms/alarm.ts';
import type { BusinessName, MetricName } from '../../core/observability/metric-names.ts';
import type { Variant } from '../../core/serving/variant.ts';
import { variantMetric } from '../metrics.ts';
import { BAD, VARIANT_COLOURS } from './palette.ts';

/** Number of columns of a dashboard. */
export const WIDE = 24;
const HEIGHT = 5;

export interface GraphOptions {
  /** Columns of 24. @default 6 */
  readonly width?: number;
  /** Label of the axis. */
  readonly unit?: string;
  /** Draw stacked areas. @default false */
  readonly stacked?: boolean;
  /** Threshold that is drawn as a red line. @default none */
  readonly alarm?: { readonly value: number; readonly label?: string };
  /** Largest value of the axis. @default that of the data */
  readonly max?: number;
}

/** A graph with the defaults of all dashboards: axis from zero, legend below, thresholds of alarms as red lines. */
export function graphWidget(title: string, left: readonly IMetric[], options: GraphOptions = {}): GraphWidget {
  const { alarm, max, unit, stacked = false, width = 6 } = options;
  const leftAnnotations: HorizontalAnnotation[] =
    alarm === undefined ? [] : [{ value: alarm.value, label: alarm.label ?? 'alarm', color: BAD, fill: Shading.NONE }];
  return new GraphWidget({
    title,
    width,
    height: HEIGHT,
    left: [...left],
    leftAnnotations,
    leftYAxis: {
      min: 0,
      showUnits: false,
      ...(unit === undefined ? {} : { label: unit }),
      ...(max === undefined ? {} : { max }),
    },
    legendPosition: LegendPosition.BOTTOM,
    stacked,
  });
}

/** Text over the full width of the dashboard. */
export const textWidget = (markdown: string, height: number): TextWidget =>
  new TextWidget({ markdown, width: WIDE, height });

/** A model as far as its metrics are told from others. */
export interface MetricOwner {
  readonly environment: string;
  readonly name: string;
}

/** A metric of one variant of a model, in the colour of the variant. */
export const variantLine = (
  { environment, name: model }: MetricOwner,
  metric: MetricName | BusinessName,
  variant: Variant,
  statistic: string,
): Metric =>
  variantMetric(
    metric,
    { environment, model, variant },
    { statistic, label: variant, color: VARIANT_COLOURS[variant] },
  );

/** Threshold of the alarm on a metric; the lowest where those of variants differ. */
export function alarmLine(alarms: readonly AlarmDefinition[], name: MetricName): GraphOptions['alarm'] {
  const thresholds = alarms.filter(({ metric }) => metric === name).map(({ threshold }) => threshold);
  return thresholds.length === 0 ? undefined : { value: Math.min(...thresholds) };
}

/** Address of a dashboard in the console. */
export const dashboardUrl = (region: string, name: string): string =>
  `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`;
