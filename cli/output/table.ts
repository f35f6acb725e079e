import { COLUMNS, shortened } from './wrapped.ts';

export interface TableOptions {
  /** Columns whose texts are cut, the widest first, as far as the table would be wider than a terminal. @default none */
  readonly shorten?: readonly number[];
  /** How wide it may be then. @default that of a terminal */
  readonly columns?: number;
}

const GAP = 2;
/** What is left of a text that is cut, at least. */
const MIN_WIDTH = 8;

/** Rows as aligned columns; numbers to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number | null | undefined)[])[],
  { shorten = [], columns = COLUMNS }: TableOptions = {},
): string {
  const whole = [head, ...rows].map((row) =>
    row.map((cell) => (cell === null || cell === undefined ? '–' : String(cell))),
  );
  const widths = head.map((_, i) => Math.max(...whole.map((row) => row[i]?.length ?? 0)));
  const excess = (): number => widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1)) - columns;
  for (let widest = widestOf(widths, shorten); excess() > 0 && widest !== undefined; ) {
    widths[widest]!--;
    widest = widestOf(widths, shorten);
  }
  const cells = whole.map((row) => row.map((cell, i) => shortened(cell, widths[i]!)));
  const right = head.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join(' '.repeat(GAP))
      .trimEnd();
  return [
    line(cells[0]!),
    widths.map((width) => '─'.repeat(width)).join(' '.repeat(GAP)),
    ...cells.slice(1).map(line),
  ].join('\n');
}

const EIGHTHS = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/** The widest of some columns; undefined where none can be cut further. */
const widestOf = (widths: readonly number[], among: readonly number[]): number | undefined =>
  among.filter((i) => widths[i]! > MIN_WIDTH).sort((a, b) => widths[b]! - widths[a]!)[0];

/** A share of 0 to 1 as a bar of so many characters. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * width * 8);
  return ('█'.repeat(Math.floor(eighths / 8)) + (eighths % 8 === 0 ? '' : EIGHTHS[eighths % 8]!)).padEnd(width);
}

const LEVELS = '▁▂▃▄▅▆▇█';

/** Counts as a line of bars, one character each. */
export function spark(counts: readonly number[]): string {
  const top = Math.max(1, ...counts);
  return counts.map((count) => (count === 0 ? ' ' : LEVELS[Math.min(7, Math.floor((count / top) * 7.999))]!)).join('');
}
