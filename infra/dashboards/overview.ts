import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  MathExpression,
  Metric,
  type MetricOptions,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IAlias, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { releaseGraphs } from './model.ts';
import { CHOSEN_MODEL, championGraphs, judgeGraphs } from './models.ts';
import { BAD, GOOD, PLAIN } from './palette.ts';
import { graphWidget, textWidget, WIDE } from './widgets.ts';

/** A function as the dashboard needs it: its metrics, its log, and the memory that its runs are billed by. */
export interface DashboardFunction extends IFunction {
  readonly logs: ILogGroup;
  /** Memory, in MB. */
  readonly memoryMb: number;
}

/** An endpoint as the dashboard needs it. The constructs themselves import this folder, so none is named here. */
export interface DashboardEndpoint {
  metricRequests(options?: MetricOptions): IMetric;
  metricServerErrors(options?: MetricOptions): IMetric;
  metricClientErrors(options?: MetricOptions): IMetric;
  metricLatency(options?: MetricOptions): IMetric;
  readonly function: DashboardFunction;
  /** The version of the code that takes traffic. */
  readonly alias: IAlias;
  metricCaptureAge(options?: MetricOptions): IMetric;
}

/** The validation of data files as the dashboard needs it. */
export interface DashboardValidation {
  metricRejected(dataset?: string, options?: MetricOptions): IMetric;
  metricRowsAccepted(options?: MetricOptions): IMetric;
  metricRowsQuarantined(options?: MetricOptions): IMetric;
  metricPrivacyFailures(options?: MetricOptions): IMetric;
  metricOldestFileAge(options?: MetricOptions): IMetric;
}

/** The judge of releases as the dashboard needs it. */
export interface DashboardJudge {
  metricLooks(options?: MetricOptions): IMetric;
}

/** What the overview dashboard shows. */
export interface OverviewParts {
  readonly environment: string;
  /** Models that have a dashboard of their own. */
  readonly models: readonly { readonly name: string; readonly url: string }[];
  readonly runbook: string;
  readonly alarms: readonly IAlarm[];
  readonly endpoint: DashboardEndpoint;
  readonly validation: DashboardValidation;
  readonly judge: DashboardJudge;
  /** All functions, by their names on the dashboard. */
  readonly functions: Readonly<Record<string, DashboardFunction>>;
  readonly deadLetters: Readonly<Record<string, IQueue>>;
}

const MINUTE = { period: Duration.minutes(1) };
const FIVE = { period: Duration.minutes(5) };

/** Widgets of the overview dashboard: callers and models first, then code, data and dead letters, cost last. */
export function overviewWidgets(parts: OverviewParts): IWidget[][] {
  const own = parts.models.map(({ name, url }) => `[${name}](${url})`).join(' · ');
  const { environment } = parts;
  return [
    [
      textWidget(
        `# Trimtab: ${parts.environment}\nAn alarm is red? [The runbook](${parts.runbook}) has a page for each. ${own === '' ? '' : `Dashboards of models: ${own}. `}Of any other that is registered, the rows behind the judge's show the one that is chosen above. Is the installation sound? \`trimtab doctor --home aws\``,
        2,
      ),
    ],
    [new AlarmStatusWidget({ title: 'Alarms of the machinery', alarms: [...parts.alarms], width: WIDE, height: 4 })],
    callers(parts),
    championGraphs(environment),
    judgeGraphs(environment, parts.judge.metricLooks({ label: 'looks at all models', color: GOOD })),
    ...releaseGraphs({ environment, name: CHOSEN_MODEL }),
    code(parts),
    data(parts),
    failures(parts),
    costs(parts),
  ];
}

function callers({ endpoint }: OverviewParts): IWidget[] {
  return [
    graphWidget('Requests', [endpoint.metricRequests({ label: 'requests', color: PLAIN[0] })], {
      unit: 'a minute',
      width: 8,
    }),
    graphWidget(
      'What callers get',
      [
        endpoint.metricServerErrors({ label: '5xx', color: BAD }),
        endpoint.metricClientErrors({ label: '4xx', color: PLAIN[3] }),
      ],
      { unit: 'a minute', alarm: { value: 5, label: '5xx alarm' }, width: 8 },
    ),
    graphWidget(
      'How long callers wait',
      [
        endpoint.metricLatency({ statistic: 'p50', label: 'p50', color: PLAIN[4] }),
        endpoint.metricLatency({ statistic: 'p99', label: 'p99', color: PLAIN[0] }),
      ],
      { unit: 'ms', width: 8 },
    ),
  ];
}

function code({ endpoint }: OverviewParts): IWidget[] {
  const { function: fn, alias } = endpoint;
  return [
    graphWidget(
      'Code: errors and throttles',
      [
        fn.metricErrors({ ...MINUTE, statistic: 'Sum', label: 'errors', color: BAD }),
        fn.metricThrottles({ ...MINUTE, statistic: 'Sum', label: 'throttles', color: PLAIN[3] }),
      ],
      { unit: 'a minute' },
    ),
    graphWidget(
      'Code: executions at once',
      [
        fn.metric('ConcurrentExecutions', { ...MINUTE, statistic: 'Maximum', label: 'at once', color: PLAIN[0] }),
        alias.metric('ProvisionedConcurrentExecutions', {
          ...MINUTE,
          statistic: 'Maximum',
          label: 'of those kept ready',
          color: PLAIN[4],
        }),
      ],
      { unit: 'executions' },
    ),
    graphWidget(
      'Code: duration',
      [
        fn.metricDuration({ ...MINUTE, statistic: 'p50', label: 'p50', color: PLAIN[4] }),
        fn.metricDuration({ ...MINUTE, statistic: 'p99', label: 'p99', color: PLAIN[0] }),
      ],
      { unit: 'ms' },
    ),
    new LogQueryWidget({
      title: 'Code: cold starts',
      logGroupNames: [fn.logs.logGroupName],
      view: LogQueryVisualizationType.TABLE,
      queryLines: [
        'filter @type = "REPORT" and ispresent(@initDuration)',
        'stats count() as starts, pct(@initDuration, 50) as p50ms, max(@initDuration) as maxms by bin(5m)',
        'sort @timestamp desc',
      ],
      width: 6,
      height: 5,
    }),
  ];
}

function data({ validation, endpoint }: OverviewParts): IWidget[] {
  return [
    graphWidget(
      'Data: rows validated',
      [
        validation.metricRowsAccepted({ label: 'accepted', color: GOOD }),
        validation.metricRowsQuarantined({ label: 'quarantined', color: BAD }),
      ],
      {
        unit: 'in 5 minutes',
        stacked: true,
      },
    ),
    graphWidget(
      'Data: files rejected whole, columns left out',
      [
        validation.metricRejected(undefined, { ...FIVE, statistic: 'Sum', label: 'files rejected', color: BAD }),
        validation.metricPrivacyFailures({ label: 'without the privacy secret', color: PLAIN[3] }),
      ],
      { unit: 'in 5 minutes', alarm: { value: 1 } },
    ),
    graphWidget('Data: oldest file that waits', [validation.metricOldestFileAge({ label: 'age', color: PLAIN[0] })], {
      unit: 's',
      alarm: { value: 1_800 },
    }),
    graphWidget('Data: oldest capture on its way', [endpoint.metricCaptureAge({ label: 'age', color: PLAIN[0] })], {
      unit: 's',
      alarm: { value: 900 },
    }),
  ];
}

function failures({ deadLetters, functions }: OverviewParts): IWidget[] {
  return [
    graphWidget(
      'Dead letters',
      Object.entries(deadLetters).map(([name, queue], i) =>
        queue.metricApproximateNumberOfMessagesVisible({
          ...MINUTE,
          statistic: 'Maximum',
          label: name,
          color: PLAIN[i % PLAIN.length],
        }),
      ),
      { unit: 'messages', alarm: { value: 1 }, width: 12 },
    ),
    graphWidget(
      'Errors behind the scenes',
      Object.entries(functions)
        .filter(([name]) => name !== 'infer')
        .map(([name, fn], i) =>
          fn.metricErrors({ ...FIVE, statistic: 'Sum', label: name, color: PLAIN[i % PLAIN.length] }),
        ),
      { unit: 'in 5 minutes', width: 12 },
    ),
  ];
}

/** Requests, time × memory, logs: what `trimtab cost` counts. */
function costs({ functions }: OverviewParts): IWidget[] {
  const all = Object.entries(functions);
  return [
    graphWidget(
      'Cost: runs',
      all.map(([name, fn], i) =>
        fn.metricInvocations({ ...FIVE, statistic: 'Sum', label: name, color: PLAIN[i % PLAIN.length] }),
      ),
      { unit: 'in 5 minutes', stacked: true, width: 8 },
    ),
    graphWidget(
      'Cost: gigabyte-seconds',
      all.map(
        ([name, fn], i) =>
          new MathExpression({
            expression: `d${i} / 1000 * ${fn.memoryMb / 1024}`,
            usingMetrics: { [`d${i}`]: fn.metricDuration({ ...FIVE, statistic: 'Sum' }) },
            ...FIVE,
            label: name,
            color: PLAIN[i % PLAIN.length]!,
          }),
      ),
      { unit: 'GB-s in 5 minutes', stacked: true, width: 8 },
    ),
    graphWidget(
      'Cost: logs',
      all.map(
        ([name, fn], i) =>
          new Metric({
            namespace: 'AWS/Logs',
            metricName: 'IncomingBytes',
            dimensionsMap: { LogGroupName: fn.logs.logGroupName },
            statistic: 'Sum',
            ...FIVE,
            label: name,
            color: PLAIN[i % PLAIN.length]!,
          }),
      ),
      { unit: 'bytes in 5 minutes', stacked: true, width: 8 },
    ),
  ];
}
