/** What is wrong with the shape of a record. */
export type ShapeFault = 'unclosed' | 'after-quote' | 'fields' | 'encoding' | 'return' | 'too-long';

/** How the line ends on which a record ends; `none` at the end of a file. */
export type LineEnd = 'none' | 'lf' | 'crlf' | 'cr';

/** Length of a line end. */
export const LINE_END_BYTES = { none: 0, lf: 1, crlf: 2, cr: 1 } as const satisfies Record<LineEnd, number>;

/** A record, whole or faulty. The scanner has one object for all of them: it holds until the next one. */
export interface ScannedRecord {
  /** The first record of the file. */
  readonly header: boolean;
  /** 1-based number of the physical line that it begins on. */
  readonly line: number;
  /** Physical lines that it takes. */
  readonly lines: number;
  /** Where it begins, in bytes from the start of the file. */
  readonly offset: number;
  /** Its bytes without the end of its last line; of a line beyond the limit the first only. */
  readonly bytes: Uint8Array;
  /** How long it is, in bytes, however much of it {@link bytes} has. */
  readonly length: number;
  readonly end: LineEnd;
  /** Number of its fields, where it is not cut short by a fault. */
  readonly fields: number;
  readonly fault: ShapeFault | undefined;
  /** Whether it has a quoted field. */
  readonly quoted: boolean;
  /** Whether a quote stands inside an unquoted field, where it is text. */
  readonly textQuote: boolean;
  /** Whether a line break or a carriage return is inside a quoted field. */
  readonly breaks: boolean;
  /** Whether it has the control character U+001F. */
  readonly unitSeparator: boolean;
}

const EXPECTED: Readonly<Record<ShapeFault, string>> = {
  unclosed: 'a quoted field that is closed, within the lines that a record may take',
  'after-quote': 'a delimiter or the end of the line behind a closing quote',
  fields: 'as many fields as the header has',
  encoding: 'text in UTF-8',
  return: 'no carriage return outside quotes',
  'too-long': 'a record of at most 2 MiB',
};

/** What is expected of a record that has the fault, in words. */
export const describeFault = (fault: ShapeFault): string => EXPECTED[fault];

/** Longest record, in bytes. */
export const MAX_RECORD_BYTES = 2 * 1024 * 1024;

/** Physical lines that a record may take where nothing else is said. */
export const DEFAULT_RECORD_LINES = 50;
