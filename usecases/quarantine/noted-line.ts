import { RowsRefusedError } from './errors.ts';

/** Columns of an export that say where a row is from and what is wrong with it; they are no part of the row. */
export const LINE_COLUMN = 'quarantine_line';
export const REASONS_COLUMN = 'quarantine_reasons';

/** An object of JSON begins, and has members or may have some. Only the space that JSON knows is none of its text. */
const OPENED = /^[ \t\r]*\{(?![ \t\r]*\})/;
const EMPTY = /^[ \t\r]*\{[ \t\r]*\}[ \t\r]*$/;

/** Where a row was quarantined, and why. */
export interface LineNote {
  readonly line: number;
  readonly reasons: string;
}

/** Whether rows have members themselves by the names that an export adds. */
const areOwn = (own: ReadonlySet<string>): boolean => own.has(LINE_COLUMN) || own.has(REASONS_COLUMN);

/**
 * A line of JSON lines with the line that it is of and its reasons: as the first members of its object. In front of what is
 * no object stands an object of their own, so that it can be mended where it stands, and nothing of its text is lost; so
 * it does where members of the row could be taken for them.
 *
 * @param own columns of the drop
 */
export function noteLine({ line, reasons }: LineNote, text: string, own: ReadonlySet<string>): string {
  const added = `"${LINE_COLUMN}":${line},"${REASONS_COLUMN}":${JSON.stringify(reasons)}`;
  if (areOwn(own)) return `{${added}} ${text}`;
  const opened = OPENED.exec(text);
  if (opened !== null) return `{${added},${text.slice(opened[0].length)}`;
  return EMPTY.test(text) ? `{${added}}` : `{${added}} ${text}`;
}

/** What an export puts before the members of a row, and what ends it there: a comma, or the object's end. */
const NOTE = new RegExp(
  String.raw`^\s*\{\s*"${LINE_COLUMN}"\s*:\s*(\d+)\s*,\s*"${REASONS_COLUMN}"\s*:\s*"(?:[^"\\]|\\.)*"[ \t]*(,|\}|)[ \t]?`,
);

/**
 * A line without what {@link noteLine} adds, the rest as it is written; the number of the line is undefined where it says
 * none.
 *
 * @param own columns of the drop
 * @throws RowsRefusedError when that cannot be told
 */
export function withoutNote(
  text: string,
  number: number,
  own: ReadonlySet<string>,
): { of: number | undefined; rest: string } {
  const note = NOTE.exec(text);
  const behind = text.slice(note?.[0].length ?? 0);
  if (areOwn(own)) {
    const noted = note?.[2] === '}' && behind.trim() !== '';
    return noted ? { of: lineNumber(note[1]!, number), rest: behind } : { of: undefined, rest: text };
  }
  if (note !== null) {
    const row = note[2] === '}' && behind.trim() !== '' ? behind : `{${note[2] === '}' ? '}' : ''}${behind}`;
    return { of: lineNumber(note[1]!, number), rest: row };
  }
  if (text.includes(`"${LINE_COLUMN}"`))
    throw new RowsRefusedError(
      `line ${number} of the mended file has ${LINE_COLUMN} elsewhere than the export put it: leave it and ${REASONS_COLUMN} as the first two members, or take them out of every line`,
    );
  return { of: undefined, rest: text };
}

/**
 * The line that a row of a mended file names.
 *
 * @param line of the mended file, for the message
 * @throws RowsRefusedError when it is none
 */
export function lineNumber(text: string, line: number): number {
  const number = /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : 0;
  if (!(number >= 1))
    throw new RowsRefusedError(
      `${LINE_COLUMN} in line ${line} of the mended file is ${JSON.stringify(text.slice(0, 40))}, expected the number of a line as it was exported`,
    );
  return number;
}
