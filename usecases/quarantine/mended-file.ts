import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { NotTextError, type RecordDialect, RecordScanner, type ScanTotals } from '../../core/records/record-scanner.ts';
import { parseRecord } from '../../core/records/record-text.ts';
import { describeFault, type ScannedRecord } from '../../core/records/scanned-record.ts';
import { FileRejectedError } from '../validation/errors.ts';
import { scanLines } from '../validation/scan-lines.ts';
import { RowsRefusedError } from './errors.ts';
import { LINE_COLUMN, lineNumber, REASONS_COLUMN, withoutNote } from './noted-line.ts';
import type { RowsFormat } from './raw-rows.ts';

/** A record of a mended file. */
export interface MendedRecord {
  /** Line of the mended file that it begins on. */
  readonly line: number;
  /** Physical lines that it takes. */
  readonly lines: number;
  /** Line of the drop that it stands for, where the file says so. */
  readonly of: number | undefined;
  /** What its shape should be; undefined where it is right. */
  readonly fault: string | undefined;
}

/** What a mended file holds. */
export interface MendedFile {
  readonly records: readonly MendedRecord[];
  /** Records of the copy, as indices of `records`, in their order; by the line of the copy that each begins on. */
  readonly placeOfLine: ReadonlyMap<number, number>;
  /** Physical lines of the file. */
  readonly lines: { readonly total: number; readonly blank: number; readonly header: number };
}

/**
 * Copies the whole records of a mended file, without the columns that an export adds; faulty ones are left out and
 * named. What is copied of a record is its text as it is.
 *
 * @param without places of records that are left out as well
 * @throws RowsRefusedError when the file cannot be read as what it should be
 */
export async function copyMended(
  file: string,
  target: string,
  { dialect }: RowsFormat,
  without: ReadonlySet<number> = new Set(),
): Promise<MendedFile> {
  try {
    if (dialect === undefined) return await copyJsonLines(file, target, without);
    return await copyCsv(file, target, { dialect, without });
  } catch (error) {
    if (!(error instanceof FileRejectedError || error instanceof NotTextError)) throw error;
    throw new RowsRefusedError(`the mended file is refused as a whole: ${error.message}`, { cause: error });
  }
}

async function copyCsv(
  file: string,
  target: string,
  { dialect, without }: { dialect: RecordDialect; without: ReadonlySet<number> },
): Promise<MendedFile> {
  const out = createWriteStream(target);
  const records: MendedRecord[] = [];
  const placeOfLine = new Map<number, number>();
  const { delimiter } = dialect;
  let headerLines = 0;
  let added: number[] = [];
  let lineColumn = -1;
  let line = 1;
  let batch = '';
  const write = (record: string): void => {
    batch += `${record}\n`;
    line += record.split('\n').length;
  };
  const take = (record: ScannedRecord): void => {
    const text = Buffer.from(record.bytes).toString('utf8');
    if (record.header) {
      headerLines = record.lines;
      if (record.fault !== undefined) return;
      const names = parseRecord(text, delimiter).map((field) => field.text);
      lineColumn = names.indexOf(LINE_COLUMN);
      added = [lineColumn, names.indexOf(REASONS_COLUMN)].filter((column) => column >= 0);
      write(withoutFields(text, added, delimiter));
      return;
    }
    if (record.fault !== undefined) {
      const fault =
        record.fault === 'fields' ? `${scanner.expected} fields, not ${record.fields}` : describeFault(record.fault);
      // Fields of what is no record cannot be counted, but the first is where the export put it.
      const first = lineColumn === 0 ? /^\s*(\d{1,15})\s*(.)/.exec(text) : null;
      const of = first?.[2] === delimiter ? lineNumber(first[1]!, record.line) : undefined;
      records.push({ line: record.line, lines: record.lines, of, fault });
      return;
    }
    const of = lineColumn < 0 ? undefined : lineNumber(parseRecord(text, delimiter)[lineColumn]!.text, record.line);
    const place = records.push({ line: record.line, lines: record.lines, of, fault: undefined }) - 1;
    if (without.has(place)) return;
    placeOfLine.set(line, place);
    write(withoutFields(text, added, delimiter));
  };
  const scanner = new RecordScanner(dialect, take);
  let totals: ScanTotals;
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      scanner.push(chunk);
      if (!out.write(batch)) await once(out, 'drain');
      batch = '';
    }
    totals = scanner.end();
    out.write(batch);
  } finally {
    out.end();
    await finished(out);
  }
  return { records, placeOfLine, lines: { total: totals.lines, blank: totals.blank, header: headerLines } };
}

async function copyJsonLines(file: string, target: string, without: ReadonlySet<number>): Promise<MendedFile> {
  const out = createWriteStream(target);
  const records: MendedRecord[] = [];
  const placeOfLine = new Map<number, number>();
  let line = 1;
  // The copy's own mark: one that a line begins with is text of that line.
  let batch = '\ufeff';
  const take = (bytes: Uint8Array, number: number): void => {
    const { of, rest } = withoutNote(Buffer.from(bytes).toString('utf8'), number);
    const place = records.push({ line: number, lines: 1, of, fault: undefined }) - 1;
    if (without.has(place)) return;
    placeOfLine.set(line++, place);
    batch += `${rest}\n`;
  };
  const settle = async (): Promise<void> => {
    if (!out.write(batch)) await once(out, 'drain');
    batch = '';
  };
  try {
    const { total, blank } = await scanLines(file, take, settle);
    return { records, placeOfLine, lines: { total, blank, header: 0 } };
  } finally {
    out.end();
    await finished(out);
  }
}

/** A record without some of its fields, the others as they are written. */
export function withoutFields(record: string, gone: readonly number[], delimiter: string): string {
  if (gone.length === 0) return record;
  return fieldTexts(record, delimiter)
    .filter((_, i) => !gone.includes(i))
    .join(delimiter);
}

/** Fields of a whole record as they are written, quotes included. */
function fieldTexts(record: string, delimiter: string): string[] {
  const texts: string[] = [];
  let from = 0;
  let at = 0;
  for (;;) {
    if (record[at] === '"') {
      at = record.indexOf('"', at + 1) + 1;
      while (record[at] === '"') at = record.indexOf('"', at + 1) + 1;
    }
    const next = record.indexOf(delimiter, at);
    texts.push(record.slice(from, next === -1 ? undefined : next));
    if (next === -1) return texts;
    from = at = next + 1;
  }
}
