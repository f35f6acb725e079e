import type { Metric } from '../../core/quality/metric.ts';
import type { QualityView } from '../../usecases/quality/quality-view.ts';
import { formatMetricValue, METRIC_TITLES } from './metric-names.ts';
import { spark, table } from './table.ts';
import { COLUMNS, hanging } from './wrapped.ts';

/** A matrix of more classes, or wider than a terminal, is shown by its most frequent confusions. */
const MAX_COLUMNS = 12;
/** Confusions, and segments, that are shown at most. */
const MAX_LINES = 20;
const DIAGRAM_WIDTH = 50;

/** How good a version was, for people. */
export function formatQuality(view: QualityView): string {
  const { model, version, segment, truths, from, to, units, designEffect } = view;
  const where = segment === '' ? '' : `, ${segment}`;
  const head = `${model} ${version}${where}: ${truths} truths of predictions from ${minute(from)} to ${minute(to)}`;
  if (truths === 0 && Object.keys(view.business).length === 0)
    return [
      ...hanging(head),
      ...unreadable(view),
      '  nothing is known yet: send ground truth, or look further back with --window',
      ...inputSection(view),
    ].join('\n');
  const alike =
    designEffect > 1.1 ? `, ${units} units: intervals are ${Math.sqrt(designEffect).toFixed(1)} times as wide` : '';
  return [
    ...hanging(`${head}${alike}`),
    ...leftOut(view),
    ...unreadable(view),
    ...section('', metricTable(view)),
    ...section('by class', classTable(view)),
    ...section('true class (rows) and decision (columns)', confusionText(view)),
    ...section('predicted (│) and observed (●) share', diagram(view)),
    ...section('worth', businessTable(view)),
    ...section('segments', segmentTable(view)),
    ...inputSection(view),
  ].join('\n');
}

/** Truths that are in none of the figures. */
function leftOut({ uncounted: { named, failed, repeated }, unknownTruths }: QualityView): string[] {
  const parts = [
    ...(named > 0 ? [`${named} of requests that named the version`] : []),
    ...(failed > 0 ? [`${failed} of requests without an answer`] : []),
    ...(repeated > 0 ? [`${repeated} of rows that their caller repeated`] : []),
    ...(unknownTruths > 0 ? [`${unknownTruths} of predictions that nobody knows`] : []),
  ];
  return parts.length === 0 ? [] : hanging(`not counted: ${parts.join(', ')}`);
}

const unreadable = (view: QualityView): string[] =>
  view.unreadable.flatMap(({ hour, reason }) => hanging(`hour ${hour} cannot be read: ${reason}`));

const minute = (at: string): string => at.slice(0, 16).replace('T', ' ');

const section = (title: string, text: string): string[] => {
  if (text === '') return [];
  return title === '' ? ['', text] : ['', title, text];
};

function metricTable({ metrics, deciding, task }: QualityView): string {
  const names = Object.keys(METRIC_TITLES).filter((name) => metrics[name] !== undefined);
  if (names.length === 0) return '';
  const decides = new Set<string>(deciding.filter(({ class: one }) => one === null).map(({ metric }) => metric));
  const rows = names.map((name) => [
    `${METRIC_TITLES[name]}${decides.has(name) ? ' *' : ''}`,
    ...metricCells(name, metrics[name]!),
    metrics[name]!.n,
  ]);
  const stars = rows.some(([title]) => String(title).endsWith('*')) ? '\n* decides about releases' : '';
  const shares =
    task === 'regression' && metrics.errorAboveMedian === undefined
      ? "\nreleases are decided by errors above the champion's median, and 90th pct"
      : '';
  const head = ['metric', 'value', '95 % interval', 'by, ± of bins', 'rows'];
  const undefinedOnes = reasons(names.map((name) => [METRIC_TITLES[name]!, metrics[name]!]));
  return `${table(head, rows, { shorten: [0, 3] })}${undefinedOnes}${stars}${shares}`;
}

/** Why some are not defined, one line a reason. */
function reasons(metrics: readonly (readonly [string, Metric])[]): string {
  const titles = new Map<string, string[]>();
  for (const [title, { reason }] of metrics)
    if (reason !== null) titles.set(reason, [...(titles.get(reason) ?? []), title]);
  const lines = [...titles].flatMap(([reason, own]) => hanging(`not defined, as ${reason}: ${own.join(', ')}`));
  return lines.map((line) => `\n${line}`).join('');
}

function metricCells(name: string, metric: Metric): string[] {
  const { value, low, high, method, bound } = metric;
  if (value === null) return ['–', '', ''];
  const interval =
    low === null || high === null ? '' : `[${formatMetricValue(name, low)}, ${formatMetricValue(name, high)}]`;
  const known = bound > 0 ? `${method ?? ''}, ±${Number(bound.toPrecision(1))}` : (method ?? '');
  return [formatMetricValue(name, value), interval, known];
}

function classTable({ classes, deciding }: QualityView): string {
  const entries = Object.entries(classes);
  if (entries.length === 0) return '';
  const title = (name: string): string =>
    deciding.some(({ metric, class: one }) => metric === name && one !== null) ? `${name} *` : name;
  const share = (name: string, metric: Metric | undefined): string => {
    if (metric === undefined || metric.value === null) return '–';
    const { low, high } = metric;
    const interval =
      low === null || high === null ? '' : ` [${formatMetricValue(name, low)}, ${formatMetricValue(name, high)}]`;
    return `${formatMetricValue(name, metric.value)}${interval}`;
  };
  return table(
    ['class', 'truths', title('recall'), title('precision'), 'F1'],
    entries.map(([name, { recall, precision, f1 }]) => [
      name,
      recall?.n ?? 0,
      share('recall', recall),
      share('precision', precision),
      f1 === undefined || f1.value === null ? '–' : formatMetricValue('f1', f1.value),
    ]),
    { shorten: [0] },
  );
}

function confusionText({ confusion }: QualityView): string {
  if (confusion === null) return '';
  const { truths, decisions, counts } = confusion;
  if (decisions.length <= MAX_COLUMNS) {
    const matrix = table(
      ['', ...decisions],
      truths.map((truth, i) => [truth, ...counts[i]!]),
      { shorten: [0, ...decisions].map((_, column) => column) },
    );
    if (isNarrow(matrix)) return matrix;
  }
  const wrong = truths.flatMap((truth, i) =>
    decisions.flatMap((decision, j) =>
      truth !== decision && counts[i]![j]! > 0 ? [{ truth, decision, n: counts[i]![j]! }] : [],
    ),
  );
  const most = wrong.sort((a, b) => b.n - a.n).slice(0, MAX_LINES);
  return table(
    ['true', 'decided', 'rows'],
    most.map(({ truth, decision, n }) => [truth, decision, n]),
    { shorten: [0, 1] },
  );
}

const isNarrow = (text: string): boolean => text.split('\n').every((line) => line.length <= COLUMNS);

/** A reliability diagram: a line for each group of rows, 0 to the left and 1 to the right. */
function diagram({ calibration }: QualityView): string {
  if (calibration.length === 0) return '';
  const at = (share: number): number => Math.min(DIAGRAM_WIDTH - 1, Math.floor(share * DIAGRAM_WIDTH));
  const line = (predicted: number, observed: number): string => {
    const cells = new Array<string>(DIAGRAM_WIDTH).fill(' ');
    const [from, to] = [at(predicted), at(observed)].sort((a, b) => a - b) as [number, number];
    cells.fill('─', from, to);
    cells[at(predicted)] = '│';
    cells[at(observed)] = '●';
    return cells.join('');
  };
  return table(
    ['predicted', 'observed', 'rows', `0${' '.repeat(DIAGRAM_WIDTH - 2)}1`],
    calibration.map(({ predicted, observed, n }) => [
      predicted.toFixed(3),
      observed.toFixed(3),
      n,
      line(predicted, observed),
    ]),
  );
}

function businessTable({ business }: QualityView): string {
  const entries = Object.entries(business);
  if (entries.length === 0) return '';
  const head = ['metric', 'unit', 'mean', '95 % interval', 'total', 'values'];
  const undefinedOnes = reasons(entries.map(([name, { mean }]) => [name, mean]));
  const rows = table(
    head,
    entries.map(([name, { unit, mean, total }]) => {
      const [value, interval] = metricCells(name, mean);
      return [name, unit ?? '', value, interval, metricCells(name, total)[0], mean.n];
    }),
    { shorten: [0, 1] },
  );
  return `${rows}${undefinedOnes}`;
}

function segmentTable({ segments, segment }: QualityView): string {
  if (segments.length === 0 || segment !== '') return '';
  const shown = [...segments].sort((a, b) => b.truths - a.truths).slice(0, MAX_LINES);
  const more = segments.length - shown.length;
  const rows = shown.map(({ name, truths, metric, value }) => [
    name,
    truths,
    ...metricCells(metric, value).slice(0, 2),
  ]);
  const head = ['segment', 'truths', METRIC_TITLES[shown[0]!.metric] ?? '', '95 % interval'];
  const text = `${table(head, rows, { shorten: [0] })}${reasons(shown.map(({ name, value }) => [name, value]))}`;
  return more > 0 ? `${text}\nand ${more} more: --json has them all` : text;
}

/** Hours that a line of bars has room for. */
const MAX_HOURS = 24;

const inputSection = (view: QualityView): string[] =>
  section('requests: missing values and broken rules, by hour', inputTable(view));

function inputTable({ inputs, segment }: QualityView): string {
  if (inputs.length === 0 || segment !== '') return '';
  const rows = inputs.slice(0, MAX_LINES).map(({ feature, missing, violations, hours }) => {
    const last = hours
      .slice(-MAX_HOURS)
      .map((hour) => Math.round(1_000 * Math.min(1, Math.max(hour.missing, hour.violations))));
    return [feature, formatMetricValue('errorRate', missing), formatMetricValue('errorRate', violations), spark(last)];
  });
  return table(['feature', 'missing', 'rules', 'last hours'], rows, { shorten: [0] });
}
