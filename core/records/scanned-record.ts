/** What is wrong with the shape of a record. */
export type ShapeFault = 'unclosed' | 'after-quote' | 'fields' | 'nul' | 'encoding' | 'return' | 'too-long';

/** How the line ends on which a record ends; `none` at the end of a file. */
export type LineEnd = 'none' | 'lf' | 'crlf' | 'cr';

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
}

/** What the shape should be, in words. */
export function describeFault(
  fault: ShapeFault,
  { fields, expected, maxRecordLines }: { fields: number; expected: number; maxRecordLines: number },
): string {
  switch (fault) {
    case 'unclosed':
      return `a quoted field that is closed within ${maxRecordLines} lines, and a delimiter or line end behind its closing quote`;
    case 'after-quote':
      return 'a delimiter or line end behind a closing quote';
    case 'fields':
      return `${fields} fields, expected ${expected}`;
    case 'nul':
      return 'text without NUL';
    case 'encoding':
      return 'text in UTF-8';
    case 'return':
      return 'no carriage return outside quotes';
    case 'too-long':
      return `a record of at most ${MAX_RECORD_BYTES} bytes`;
  }
}

/** Longest record, in bytes. */
export const MAX_RECORD_BYTES = 2 * 1024 * 1024;
