import { standardDeviation } from '../profile/standard-deviation.ts';
import { chartGrid } from './chart-grid.ts';
import { chartKey, distributionChart } from './charts.ts';
import { type ColumnFindings, columnFindings, type ReportedColumn, shiftOf } from './column-findings.ts';
import type { PageSection } from './page.ts';
import { longTable, type PageCell } from './table.ts';
import { countText, numberText, percentText, showText } from './text.ts';

interface RatedColumn extends ReportedColumn {
  readonly findings: ColumnFindings;
}

/** All columns in a table and the first of them in charts; what is odd comes first. */
export function columnSections(columns: readonly ReportedColumn[], records: number): PageSection[] {
  const rated = columns
    .map((column): RatedColumn => ({ ...column, findings: columnFindings(column, records) }))
    .toSorted((a, b) => b.findings.score - a.findings.score);
  if (rated.length === 0) return [];
  const baseline = rated.some((column) => column.baseline !== undefined);
  const odd = rated.filter(({ findings }) => findings.score > 0).length;
  const introduction = `<p class="note">${countText(odd)} of ${countText(rated.length)} columns have something odd${odd > 0 ? '; they come first' : ''}. Personal columns, identifiers and times are not profiled.</p>`;
  return [
    { title: 'Columns', html: introduction + table(rated) },
    {
      title: baseline ? 'Distributions, against the baseline' : 'Distributions',
      html: (baseline ? chartKey('baseline', 'this file') : '') + chartGrid(rated, chart),
    },
  ];
}

function table(rated: readonly RatedColumn[]): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const baseline = rated.some((column) => column.baseline !== undefined);
  const columns = [
    { title: 'column' },
    { title: 'what is odd', wide: true },
    right('missing'),
    right('distinct'),
    right('mean'),
    right('std'),
    right('zeros'),
    right('least'),
    right('greatest'),
    ...(baseline ? [right('PSI')] : []),
    { title: 'most frequent', wide: true },
  ];
  return longTable(
    'Columns, the odd ones first',
    columns,
    rated.map((column) => cells(column, baseline)),
  );
}

function cells({ name, profile, summary, baseline, findings }: RatedColumn, withBaseline: boolean): PageCell[] {
  const share = (count: number | undefined): string =>
    count === undefined ? '' : percentText(count / Math.max(1, profile.rows));
  const number = (x: number | null): string => (x === null ? '' : numberText(x));
  const numeric = profile.kind === 'numeric' ? profile : undefined;
  const shift = shiftOf(profile, baseline);
  return [
    showText(name, 80),
    findings.texts.join('; '),
    share(profile.missing),
    summary ? distinctText(summary.distinct) : '',
    number(numeric?.mean ?? null),
    number(standardDeviation(profile)),
    numeric === undefined ? '' : share(numeric.zeros),
    number(numeric?.min ?? null),
    number(numeric?.max ?? null),
    ...(withBaseline ? [shift === undefined ? '' : shift.toFixed(3)] : []),
    topText(profile.rows, summary?.top ?? []),
  ];
}

const distinctText = ({ count, exact }: { count: number; exact: boolean }): string =>
  exact ? countText(count) : `more than ${countText(count)}`;

/** Share of the rows from which a value is frequent. */
const FREQUENT = 0.01;

function topText(rows: number, top: readonly { value: string; count: number }[]): string {
  const frequent = top.filter(({ count }) => count > 1 && count >= FREQUENT * rows).slice(0, 3);
  return frequent.map(({ value, count }) => `${showText(value, 30)} (${percentText(count / rows)})`).join(', ');
}

const chart = (column: RatedColumn): string =>
  distributionChart(column.baseline, column.profile, {
    title: column.name,
    note: noteOf(column),
    hot: column.findings.score >= 1,
    summary: column.summary,
  });

function noteOf({ profile, summary }: RatedColumn): string {
  const std = standardDeviation(profile);
  return [
    `${percentText(profile.missing / Math.max(1, profile.rows))} missing`,
    ...(profile.kind === 'numeric' && profile.mean !== null ? [`mean ${numberText(profile.mean)}`] : []),
    ...(std === null ? [] : [`std ${numberText(std)}`]),
    ...(profile.kind === 'numeric' && profile.zeros ? [`${percentText(profile.zeros / profile.rows)} zeros`] : []),
    ...(summary ? [`${distinctText(summary.distinct)} distinct`] : []),
  ].join(', ');
}
