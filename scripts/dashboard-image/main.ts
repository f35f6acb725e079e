// `npm run dashboard`: draws a dashboard that is deployed over the metrics of a local home, for the documentation.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { AlarmState } from '../../core/alarms/alarm.ts';
import { parseAlarmName } from '../../core/alarms/definitions.ts';
import { NAMESPACE, variantDimensions, versionDimensions } from '../../core/observability/metric-names.ts';
import type { TimeSeries } from '../../core/report/time-chart.ts';
import { type LocalHome, openLocalHome } from '../../platform/local/home.ts';
import type { MetricQuery } from '../../platform/ports.ts';
import { alarmDefinitions } from '../../usecases/release/alarm-definitions.ts';
import { alarmState } from '../../usecases/release/alarm-state.ts';
import { buildFunctions, buildLayers } from '../build/functions.ts';
import { type BodyMetric, dashboardBodies, type Widget } from './body.ts';
import { drawDashboard } from './draw.ts';

/** CloudWatch's are a minute; a story of two would be two points. */
const PERIOD_SECONDS = 10;
const VERSION_COLOURS = ['#2b6cb0', '#dd6b20', '#2c7a7b', '#6b46c1'];

const {
  home: folder,
  name,
  out,
} = parseArgs({
  options: {
    home: { type: 'string', default: '.trimtab' },
    name: { type: 'string', default: 'trimtab_dev_flight-delay' },
    out: { type: 'string', default: 'docs/images/dashboard.png' },
  },
}).values;

await buildFunctions();
await buildLayers('x64');
const widgets = dashboardBodies().get(name);
if (widgets === undefined) throw new Error(`there is no dashboard ${name}`);
const home = await openLocalHome(folder);
const [from, to] = span(path.join(folder, 'metrics.jsonl'));
const states = await statesAt(home, new Date(to));
const html = await drawDashboard(widgets, {
  title: name,
  from,
  to,
  series: (widget) => seriesOf(home, widget),
  alarm: (alarm) => states.get(withoutEnvironment(alarm)) ?? 'INSUFFICIENT_DATA',
});
await home.close();

mkdirSync(path.dirname(out), { recursive: true });
const page = path.join(mkdtempSync(path.join(os.tmpdir(), 'trimtab-dashboard-')), `${name}.html`);
writeFileSync(page, html);
const height = Math.max(...widgets.map((widget) => widget.y + widget.height)) * 46 + 10;
const chromium = spawnSync(
  process.env.CHROMIUM ?? 'chromium',
  [
    '--headless',
    '--no-sandbox',
    '--hide-scrollbars',
    `--window-size=1450,${height}`,
    `--screenshot=${path.resolve(out)}`,
    `file://${page}`,
  ],
  { stdio: 'ignore' },
);
console.log(chromium.status === 0 ? `drawn: ${out}` : `no Chromium here (CHROMIUM names one); the page: ${page}`);

/** First and last instant of the metrics, whole periods. */
function span(file: string): [from: number, to: number] {
  const times = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { _aws: { Timestamp: number } })._aws.Timestamp);
  const period = PERIOD_SECONDS * 1_000;
  const [first, last] = times.reduce(([a, b], t) => [Math.min(a, t), Math.max(b, t)], [Infinity, -Infinity]);
  return [Math.floor(first / period) * period, Math.ceil(last / period) * period];
}

async function statesAt(home: LocalHome, at: Date): Promise<Map<string, AlarmState>> {
  const states = new Map<string, AlarmState>();
  for (const model of await home.ledger.models()) {
    const { definitions } = await alarmDefinitions(home, model);
    for (const definition of definitions)
      states.set(withoutEnvironment(definition.name), (await alarmState(home, definition, at, 'OK')).state);
  }
  return states;
}

/** The dashboard is that of a deployed environment, the states are those of the home. */
function withoutEnvironment(alarm: string): string {
  const { model, variant, metric } = parseAlarmName(alarm) ?? {};
  return `${model} ${variant} ${metric}`;
}

async function seriesOf(home: LocalHome, { properties: { metrics = [] } }: Widget): Promise<TimeSeries[] | undefined> {
  const found = await Promise.all(
    metrics.map((metric) => (isSearch(metric) ? byVersion(home, metric) : plain(home, metric))),
  );
  return found.some((one) => one === undefined) || found.length === 0 ? undefined : (found as TimeSeries[][]).flat();
}

function isSearch([first]: BodyMetric): boolean {
  return typeof first === 'object' && 'expression' in first;
}

async function plain(home: LocalHome, metric: BodyMetric): Promise<TimeSeries[] | undefined> {
  const [namespace, metricName, ...rest] = metric;
  if (namespace !== NAMESPACE) return undefined;
  const options = (typeof rest.at(-1) === 'object' ? rest.pop() : {}) as {
    stat?: string;
    label?: string;
    color?: string;
  };
  const named: Record<string, string> = {};
  for (let i = 0; i < rest.length; i += 2) named[String(rest[i])] = String(rest[i + 1]);
  if (named.Model === undefined || named.Variant === undefined) return undefined;
  // The dashboard is that of a deployed environment, the metrics are those of the home.
  const dimensions = variantDimensions(home.metrics.environment, named.Model, named.Variant);
  const points = await pointsOf(home, String(metricName), dimensions, options.stat ?? 'Average');
  return [{ label: options.label ?? String(metricName), colour: options.color ?? VERSION_COLOURS[0]!, points }];
}

/** SEARCH over [Environment, Model, Version], as the dashboards have it. */
async function byVersion(home: LocalHome, [options]: BodyMetric): Promise<TimeSeries[] | undefined> {
  const { expression } = options as { expression: string };
  const found = /MetricName="(\w+)" Environment="[^"]+" Model="([^"]+)"', '(\w+)'/.exec(expression);
  if (found === null) return undefined;
  const [, metric, model, statistic] = found;
  const { latest = 0 } = (await home.ledger.latest(model!))?.state ?? {};
  const series: TimeSeries[] = [];
  for (let version = 1; version <= latest; version++)
    series.push({
      label: `version ${version}`,
      colour: VERSION_COLOURS[(version - 1) % VERSION_COLOURS.length]!,
      points: await pointsOf(home, metric!, versionDimensions(home.metrics.environment, model!, version), statistic!),
    });
  return series;
}

async function pointsOf(home: LocalHome, metric: string, dimensions: MetricQuery['dimensions'], statistic: string) {
  const points = await home.metrics.query({
    metric,
    dimensions,
    statistic,
    periodSeconds: PERIOD_SECONDS,
    from: new Date(from),
    to: new Date(to),
  });
  return points.map(({ at, value }) => ({ at: at.getTime(), value }));
}
