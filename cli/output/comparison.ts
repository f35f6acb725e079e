import type { ComparedMetric, CompareView } from '../../usecases/quality/compare-view.ts';
import { formatMetricDifference, formatMetricValue, isMoreBetter, METRIC_TITLES } from './metric-names.ts';
import { table } from './table.ts';

/** Classes that are shown at most. */
const MAX_CLASSES = 20;

/** Two versions that were asked about the same rows, for people. */
export function formatComparison(view: CompareView): string {
  const { model, first, second, rows, source } = view;
  const where =
    source.kind === 'data'
      ? `rows of ${source.file}`
      : `captured rows from ${minute(source.from)} to ${minute(source.to)}`;
  const head = `${model} ${second} against ${first}: both were asked about the same ${rows} ${where}`;
  const notes = notesOf(view);
  if (rows === 0)
    return [head, ...notes, '  nothing can be compared: no row has a truth that both decisions know'].join('\n');
  return [head, ...notes, '', metricTable(view), ...classTable(view), ...errorLines(view)].join('\n');
}

const minute = (at: string): string => at.slice(0, 16).replace('T', ' ');

function notesOf({ unknown, leftOut, refused, first, second }: CompareView): string[] {
  return [
    ...(unknown > 0 ? [`${unknown} more rows have no truth, or were not captured whole`] : []),
    ...(leftOut > 0 ? [`${leftOut} more rows were left out, evenly`] : []),
    ...[first, second].flatMap((version, i) =>
      refused[i]! > 0 ? [`version ${version} refuses ${refused[i]} of them: no answer`] : [],
    ),
  ];
}

const headOf = ({ first, second }: CompareView): string[] => [
  'metric',
  String(first),
  String(second),
  'difference',
  '95 % interval',
  '',
];

function metricTable(view: CompareView): string {
  const names = Object.keys(METRIC_TITLES).filter((name) => view.metrics[name] !== undefined);
  const decides = new Set(view.deciding);
  const rows = names.map((name) => [
    `${METRIC_TITLES[name]}${decides.has(name) && view.metrics[name]!.difference !== null ? ' *' : ''}`,
    ...cells(name, view.metrics[name]!),
  ]);
  const stars = rows.some(([title]) => title!.endsWith('*')) ? '\n* decides about releases' : '';
  return `${table(headOf(view), rows)}${stars}`;
}

function classTable(view: CompareView): string[] {
  const entries = Object.entries(view.classes);
  if (entries.length === 0) return [];
  const rows = entries
    .slice(0, MAX_CLASSES)
    .flatMap(([name, { recall, precision }]) => [
      ...(recall ? [[`recall of ${name}`, ...cells('recall', recall)]] : []),
      ...(precision ? [[`precision of ${name}`, ...cells('precision', precision)]] : []),
    ]);
  const more = entries.length > MAX_CLASSES ? [`and ${entries.length - MAX_CLASSES} more: --json has them all`] : [];
  return ['', 'by class', table(headOf(view), rows), ...more];
}

function cells(name: string, { first, second, difference }: ComparedMetric): string[] {
  const value = (of: number | null): string => (of === null ? '–' : formatMetricValue(name, of));
  const both = [value(first.value), value(second.value)];
  if (difference === null) return [...both, '', '', ''];
  const { mean, low, high } = difference;
  const interval = `[${formatMetricDifference(name, low)}, ${formatMetricDifference(name, high)}]`;
  return [...both, formatMetricDifference(name, mean), interval, verdict(name, low, high)];
}

function verdict(name: string, low: number, high: number): string {
  if (low <= 0 && high >= 0) return '';
  return high < 0 === isMoreBetter(name) ? 'worse' : 'better';
}

function errorLines({ errors, agreement, rankCorrelation, first, second }: CompareView): string[] {
  const lines: string[] = [];
  if (errors !== null)
    lines.push(
      `wrong about the same row: ${errors.bothWrong} both, ${errors.onlyFirstWrong} only ${first}, ${errors.onlySecondWrong} only ${second} (McNemar p ${Number(errors.p.toPrecision(2))})`,
    );
  if (agreement !== null)
    lines.push(
      `decide alike: ${percent(agreement.share)} [${percent(agreement.low)}, ${percent(agreement.high)}] of the rows`,
    );
  if (rankCorrelation !== null) lines.push(`rank correlation of their answers: ${rankCorrelation.toFixed(3)}`);
  return lines.length === 0 ? [] : ['', ...lines];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
