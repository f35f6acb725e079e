import type { ExplanationsView, ImportanceView } from '../endpoint/explanations-view.ts';
import { bar, table } from './table.ts';

/** Features that are shown by themselves; the rest is one line. */
const SHOWN = 10;
const WIDTH = 16;

const BACKGROUNDS = {
  rows: 'rows of the baseline',
  marginals: 'rows drawn from the baseline’s columns',
  levels: 'levels that the baseline’s tensors have on average',
} as const;

/** Each row's values as bars. */
export const formatExplanations = (view: ExplanationsView): string =>
  [explanationHead(view), ...view.rows.map((row, i) => `\nrow ${i}: ${explainedRow(view, row)}`)].join('\n');

/** What features do on the whole: the mean size of their values, the largest first. */
export function formatImportance(view: ImportanceView): string {
  const order = view.importance.toSorted((a, b) => b.meanSize - a.meanSize);
  const top = Math.max(...order.map(({ meanSize }) => meanSize), Number.MIN_VALUE);
  return [
    explanationHead(view),
    table(
      ['feature', 'mean size', ''],
      order.map(({ name, meanSize }) => [name, meanSize.toPrecision(3), bar(meanSize / top, 2 * WIDTH).trimEnd()]),
    ),
  ].join('\n');
}

/** What is explained, and how. */
function explanationHead(of: ExplanationsView | ImportanceView): string {
  const { model, version, method, output, column, scale, link, background, backgroundRows, complete, fixed, reason } =
    of;
  const lines = [
    `${model} version ${version}${'explained' in of ? `, ${of.explained} rows` : ''}`,
    `${column === null ? `the class that ${output} predicts` : `${output}[${column}]`}, ${scale === 'raw' ? `raw score before ${link}` : 'as the model answers'}; ${method} values against ` +
      `${backgroundRows} ${BACKGROUNDS[background]}`,
  ];
  if (reason !== null) lines.push(`sampled because ${reason}`);
  if (!complete) lines.push('time was out: the standard errors say how far this got');
  if (fixed.length > 0) lines.push(`personal, kept as they are: ${fixed.join(', ')}`);
  return lines.join('\n');
}

/** One row's values as bars to both sides, the largest first. */
function explainedRow(of: ExplanationsView, row: ExplanationsView['rows'][number]): string {
  const { features, link, scale } = of;
  const order = [...row.values.keys()].sort((a, b) => Math.abs(row.values[b]!) - Math.abs(row.values[a]!));
  const shown = order.slice(0, SHOWN);
  const rest = order.slice(SHOWN).reduce((sum, i) => sum + row.values[i]!, 0);
  const top = Math.max(...row.values.map(Math.abs), Math.abs(rest), Number.MIN_VALUE);
  const line = (name: string, value: unknown, share: number, error?: number) => [
    name,
    formatFeatureValue(value),
    signed(share),
    ...(row.standardErrors === null ? [] : [error === undefined ? '' : `±${error.toPrecision(2)}`]),
    sides(share / top),
  ];
  const lines = shown.map((i) => line(features[i]!, row.inputs[features[i]!], row.values[i]!, row.standardErrors?.[i]));
  if (order.length > SHOWN) lines.push(line(`${order.length - SHOWN} others`, undefined, rest));
  const head = ['feature', 'is', 'adds', ...(row.standardErrors === null ? [] : ['error']), ''];
  const map = of.grid === null ? '' : `\n${cellMap(of.grid, row.values)}`;
  const odds = scale === 'raw' && link === 'logistic' ? ` (${percent(row.baseValue)} → ${percent(row.value)})` : '';
  const which = of.column === null ? `${row.class ?? `class ${row.column}`}: ` : '';
  return `${which}${round(row.baseValue)} → ${round(row.value)}${odds}${map}\n${table(head, lines)}`;
}

/** A missing value as a dash; nothing where the line is of no single feature. */
function formatFeatureValue(value: unknown): string {
  if (value === undefined) return '';
  return value === null || value === '' ? '–' : String(value);
}

const SHADES = ['  ', '░░', '▒▒', '▓▓', '██'];

/** The cells of a grid where they are: how dark a cell is says how much it does, a minus that it takes away. */
function cellMap({ edges }: NonNullable<ExplanationsView['grid']>, values: readonly number[]): string {
  const across = edges.at(-1)!.length - 1;
  const top = Math.max(...values.map(Math.abs), Number.MIN_VALUE);
  const cells = values.map((value) => {
    const shade = Math.round((4 * Math.abs(value)) / top);
    const sign = value < 0 ? '-' : '+';
    return `${shade === 0 ? ' ' : sign}${SHADES[shade]}`;
  });
  const lines = Array.from({ length: values.length / across }, (_, i) => cells.slice(i * across, (i + 1) * across));
  return lines.map((line) => `  │${line.join('│')}│`).join('\n');
}

/** A share of -1 to 1 as a bar to the left or to the right of a line. */
function sides(share: number): string {
  const cells = Math.round(Math.abs(share) * WIDTH);
  return share < 0 ? `${'█'.repeat(cells).padStart(WIDTH)}│` : `${' '.repeat(WIDTH)}│${bar(share, WIDTH).trimEnd()}`;
}

const round = (value: number): string => String(Number(value.toPrecision(4)));
const signed = (value: number): string => `${value < 0 ? '-' : '+'}${Math.abs(value).toPrecision(3)}`;
const percent = (logOdds: number): string => `${(100 / (1 + Math.exp(-logOdds))).toFixed(1)} %`;
