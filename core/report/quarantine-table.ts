import { parseJson } from '../protocols/formats/json.ts';
import { parseRecord } from '../records/record-text.ts';
import { scrolling } from './table.ts';
import { countText, escapeHtml, showText } from './text.ts';

/** A quarantined row, as far as it is shown. */
export interface ShownRow {
  /** 1-based line that it begins on. */
  readonly line: number;
  /** Physical lines that it takes. @default 1 */
  readonly lines?: number;
  /** Its text; absent of a row of Parquet, and where the contract marks personal fields. */
  readonly raw?: string;
  /** The text is longer than what was kept. */
  readonly cut?: boolean;
  readonly reasons: readonly {
    readonly feature: string;
    readonly rule: string;
    readonly allowed: string;
    readonly received?: unknown;
  }[];
}

/** How rows of a file are told apart into cells. */
export interface RowFormat {
  /** The header of the file, or the names of its columns. */
  readonly columns: readonly string[];
  readonly form: 'text' | 'json' | 'parquet';
  /** Between the cells of a line of text. */
  readonly delimiter: string;
  /** Rows have no text, for the contract marks personal fields. */
  readonly withheld: boolean;
}

/** Columns that the table shows. */
const MAX_COLUMNS = 16;

/** Text of a cell; undefined where there is none, null where it was not kept. */
type Cell = string | undefined | null;

/** Quarantined rows under their header: cells in columns, the broken ones marked, with their lines and reasons. */
export function quarantineTable(rows: readonly ShownRow[], format: RowFormat): string {
  const broken = new Set(rows.flatMap(({ reasons }) => reasons.flatMap(({ feature }) => columnsOf(feature, format))));
  const withCells = !format.withheld;
  const shown = withCells ? shownColumns(format, broken) : [];
  const head = [
    '<th scope="col" class="n">line</th>',
    '<th scope="col" class="w">reasons</th>',
    ...shown.map((i) => `<th scope="col">${escapeHtml(showText(format.columns[i], 40))}</th>`),
  ];
  const body = rows.map((row) => {
    const { line, lines = 1 } = row;
    const place = lines > 1 ? `${line}–${line + lines - 1}` : String(line);
    return `<tr><th scope="row" class="n">${place}</th><td class="w">${reasonList(row)}</td>${withCells ? cellsOf(row, format, shown) : ''}</tr>`;
  });
  return (
    noteOf(format, shown.length) +
    scrolling(
      'Quarantined rows',
      `<table class="cells"><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('\n')}</tbody></table>`,
    )
  );
}

function noteOf({ withheld, form, columns }: RowFormat, shown: number): string {
  if (withheld) return '<p class="note">What the rows hold is withheld, for the contract marks personal fields.</p>';
  if (shown === 0) return '';
  const why = form === 'parquet' ? 'those that break a rule' : 'first those that break a rule';
  if (shown === columns.length) return `<p class="note">Columns that break a rule come first.</p>`;
  return `<p class="note">${countText(shown)} of ${countText(columns.length)} columns are shown, ${why}.</p>`;
}

/** The columns that a reason is about: a key may be of several. */
function columnsOf(feature: string, { columns }: RowFormat): string[] {
  if (columns.includes(feature)) return [feature];
  const parts = feature.split(' + ');
  return parts.length > 1 && parts.every((part) => columns.includes(part)) ? parts : [];
}

/** Positions of the columns to show: the broken ones, then the first of the others, both in the order of the file. */
function shownColumns({ columns, form }: RowFormat, broken: ReadonlySet<string>): number[] {
  const all = [...columns.keys()];
  const first = all.filter((i) => broken.has(columns[i]!)).slice(0, MAX_COLUMNS);
  // Of a row of Parquet nothing is kept but what its reasons tell.
  if (form === 'parquet') return first;
  const others = all.filter((i) => !broken.has(columns[i]!)).slice(0, MAX_COLUMNS - first.length);
  return [...first, ...others];
}

function reasonList({ reasons }: ShownRow): string {
  const items = reasons.slice(0, MAX_COLUMNS).map(({ feature, rule, allowed, received }) => {
    const got =
      received === undefined ? '' : `, received ${escapeHtml(showText(received === null ? 'none' : received, 80))}`;
    return `<li><b>${escapeHtml(showText(feature, 60))}</b> ${escapeHtml(rule)}: ${escapeHtml(showText(allowed, 160))}${got}</li>`;
  });
  if (reasons.length > MAX_COLUMNS) items.push(`<li>and ${countText(reasons.length - MAX_COLUMNS)} more</li>`);
  return `<ul class="plain">${items.join('')}</ul>`;
}

function cellsOf(row: ShownRow, format: RowFormat, shown: readonly number[]): string {
  const cells = parseCells(row, format);
  if (cells === undefined)
    return `<td colspan="${Math.max(1, shown.length)}" class="r"><code>${escapeHtml(showText(row.raw ?? '', 400))}</code></td>`;
  const marked = new Set(row.reasons.flatMap(({ feature }) => columnsOf(feature, format)));
  const tds = shown.map((i) => {
    const inner = cellHtml(cells[i]);
    return `<td>${marked.has(format.columns[i]!) ? `<mark>${inner}</mark>` : inner}</td>`;
  });
  return tds.join('');
}

function cellHtml(text: Cell): string {
  if (text === null) return '';
  if (text === undefined) return '<span class="none">none</span>';
  return text === '' ? '<span class="none">empty</span>' : escapeHtml(showText(text, 80));
}

/** A cell for each column; undefined where the row is not made of such cells. */
function parseCells({ raw, cut, reasons }: ShownRow, { columns, form, delimiter }: RowFormat): Cell[] | undefined {
  if (form === 'parquet') {
    const received = new Map(reasons.map((reason) => [reason.feature, reason.received]));
    return columns.map((name) => {
      if (!received.has(name)) return null;
      const value = received.get(name);
      return value === undefined || value === null ? undefined : String(value);
    });
  }
  if (raw === undefined || cut) return undefined;
  if (form === 'text') {
    const fields = parseRecord(raw, delimiter);
    return fields.length === columns.length ? fields.map(({ text }) => text) : undefined;
  }
  const value = jsonObject(raw);
  return (
    value &&
    columns.map((name) => {
      const cell = Object.hasOwn(value, name) ? value[name] : undefined;
      return typeof cell === 'string' || cell === undefined ? cell : jsonText(cell);
    })
  );
}

function jsonObject(raw: string): Record<string, unknown> | undefined {
  try {
    const value = parseJson(raw, true);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** With all digits of an integer. */
const jsonText = (value: unknown): string =>
  typeof value === 'bigint'
    ? String(value)
    : JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each));
