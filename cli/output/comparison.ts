import type { ComparedMetric, CompareView } from '../../usecases/quality/compare-view.ts';
import {
  formatDifferenceInterval,
  formatMetricBound,
  formatMetricDifference,
  formatMetricValue,
  isMoreBetter,
  METRIC_TITLES,
} from './metric-names.ts';
import { table } from './table.ts';
import { hanging } from './wrapped.ts';

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
    return [...hanging(head), ...notes, '  nothing can be compared: no row has a truth that both decisions know'].join(
      '\n',
    );
  return [...hanging(head), ...notes, '', metricTable(view), ...classTable(view), ...errorLines(view)].join('\n');
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
    `${titleOf(name)}${decides.has(name) && view.metrics[name]!.difference !== null ? ' *' : ''}`,
    ...cells(name, view.metrics[name]!),
  ]);
  const stars = rows.some(([title]) => title!.endsWith('*')) ? '\n* decides about releases' : '';
  return `${table(headOf(view), rows, { shorten: [0] })}${stars}${boundsOf(view, names)}`;
}

/** Errors are held against those of the first version, whoever is champion. */
const titleOf = (name: string): string =>
  ({ errorAboveMedian: 'above median of first', errorAboveP90: 'above p90 of first' })[name] ?? METRIC_TITLES[name]!;

/** How far what is read off bins may be from the value of the rows; differences are of the rows themselves. */
function boundsOf({ metrics }: CompareView, names: readonly string[]): string {
  const bounds = names.flatMap((name) => {
    const { first, second } = metrics[name]!;
    const bound = Math.max(first.bound, second.bound);
    return bound > 0 ? [`${titleOf(name)} ±${formatMetricBound(name, bound)}`] : [];
  });
  if (bounds.length === 0) return '';
  return `\n${hanging(`values read off bins, which differences are not: ${bounds.join(', ')}`).join('\n')}`;
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
  return ['', 'by class', table(headOf(view), rows, { shorten: [0] }), ...more];
}

function cells(name: string, { first, second, difference }: ComparedMetric): string[] {
  const value = (of: number | null): string => (of === null ? '–' : formatMetricValue(name, of));
  const both = [value(first.value), value(second.value)];
  if (difference === null) return [...both, '', '', ''];
  const { mean, low, high } = difference;
  return [
    ...both,
    formatMetricDifference(name, mean),
    formatDifferenceInterval(name, low, high),
    verdict(name, low, high),
  ];
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
  return lines.length === 0 ? [] : ['', ...lines.flatMap(hanging)];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
