import { ProtocolError } from '../protocol.ts';

/** Most rows of one body: what a manifest may allow at most, and a header. */
export const MAX_ROWS = 100_001;

/** What ends a cell that has no quotes. */
const CELL_END = /[",\r\n]/g;

/**
 * Reads CSV (RFC 4180): commas, quotes, line ends of either kind. Blank lines are left out.
 *
 * @returns rows of cells, all of the same width; null where nothing stands, not even quotes
 * @throws ProtocolError 400 with the row, counted from 0
 */
export function parseCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  // Excel and others write a byte order mark first.
  let at = text.startsWith('\ufeff') ? 1 : 0;
  const endRow = (): void => {
    // A line with nothing on it is no row; one with nothing between quotes is.
    if (row.length > 1 || row[0] !== null) {
      const width = rows[0]?.length ?? row.length;
      if (row.length !== width) throw broken(rows.length, `has ${row.length} cells, row 0 has ${width}`);
      if (rows.length === MAX_ROWS) throw new ProtocolError(400, `the CSV has more than ${MAX_ROWS} rows`);
      rows.push(row);
    }
    row = [];
  };
  while (at < text.length) {
    let cell: string | null;
    if (text[at] === '"') {
      const quoted = readQuoted(text, at, rows.length);
      cell = quoted.cell;
      at = quoted.end;
    } else {
      CELL_END.lastIndex = at;
      const end = CELL_END.exec(text)?.index ?? text.length;
      if (text[end] === '"') throw broken(rows.length, 'has a quote in the middle of a cell');
      cell = end === at ? null : text.slice(at, end);
      at = end;
    }
    row.push(cell);
    const next = text[at];
    if (next === ',') {
      // A comma at the very end has an empty cell behind it.
      if (++at === text.length) row.push(null);
    } else {
      if (next === '\r' && text[at + 1] === '\n') at++;
      at++;
      endRow();
    }
  }
  if (row.length > 0) endRow();
  return rows;
}

/** The cell in quotes that begins at `from`, and where the next character after it is. */
function readQuoted(text: string, from: number, row: number): { cell: string; end: number } {
  let cell = '';
  let at = from + 1;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end === -1) throw broken(row, 'has a quote that is not closed');
    cell += text.slice(at, end);
    at = end + 1;
    if (text[at] !== '"') break;
    cell += '"';
    at++;
  }
  if (at < text.length && !',\r\n'.includes(text[at]!)) throw broken(row, 'has text behind a closing quote');
  return { cell, end: at };
}

/** A cell as CSV writes it; text of nothing in quotes, for without them it would be missing. */
export const csvCell = (text: string): string =>
  text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

const broken = (row: number, what: string): ProtocolError =>
  new ProtocolError(400, `malformed CSV: row ${row} ${what}`);
