import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { NotTextError, type RecordDialect, RecordScanner, type ScanTotals } from '../../core/records/record-scanner.ts';
import { describeFault, type ScannedRecord } from '../../core/records/scanned-record.ts';
import type { DatasetRules } from '../validation/dataset-contract.ts';
import { FileRejectedError } from '../validation/errors.ts';
import { readQuarantinedRows } from '../validation/quarantined-rows.ts';
import { scanLines } from '../validation/scan-lines.ts';
import { RowsRefusedError } from './errors.ts';
import { MendedColumns, type MendedRecord, markOf } from './mended-record.ts';
import { withoutNote } from './noted-line.ts';
import type { OpenedQuarantine } from './open-quarantine.ts';
import { rowsFormat } from './raw-rows.ts';

/** What a mended file holds. */
export interface MendedFile {
  readonly records: readonly MendedRecord[];
  /** Records of the copy, as indices of `records`, in their order; by the line of the copy that each begins on. */
  readonly placeOfLine: ReadonlyMap<number, number>;
  /** Texts of records that were left out though they are whole, by their places. */
  readonly leftOut: ReadonlyMap<number, string>;
  /** Physical lines of the file. */
  readonly lines: { readonly total: number; readonly blank: number; readonly header: number };
}

/** How a mended file is read. */
export interface MendedForm {
  /** Undefined of JSON lines. */
  readonly dialect: RecordDialect | undefined;
  /** Columns of the drop, which may have the names of those that an export adds. */
  readonly own: ReadonlySet<string>;
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
  { dialect, own }: MendedForm,
  without: ReadonlySet<number> = new Set(),
): Promise<MendedFile> {
  try {
    if (dialect === undefined) return await copyJsonLines(file, target, { own, without });
    return await copyCsv(file, target, { dialect, own, without });
  } catch (error) {
    if (!(error instanceof FileRejectedError || error instanceof NotTextError)) throw error;
    throw new RowsRefusedError(`the mended file is refused as a whole: ${error.message}`, { cause: error });
  }
}

/** How a mended file is read: as its rows were when they were quarantined, whatever the contract says since. */
export async function mendedForm({ report, file }: OpenedQuarantine, { contract }: DatasetRules): Promise<MendedForm> {
  const { delimiter } = rowsFormat(report);
  const own = new Set(report.columns);
  if (delimiter === undefined) return { dialect: undefined, own };
  let { maxRecordLines } = contract.file;
  for await (const { lines } of readQuarantinedRows(file)) maxRecordLines = Math.max(maxRecordLines, lines);
  return { dialect: { delimiter, maxRecordLines }, own };
}

interface CopyOptions {
  readonly own: ReadonlySet<string>;
  readonly without: ReadonlySet<number>;
}

async function copyCsv(
  file: string,
  target: string,
  { dialect, own, without }: CopyOptions & { readonly dialect: RecordDialect },
): Promise<MendedFile> {
  const out = createWriteStream(target);
  const records: MendedRecord[] = [];
  const placeOfLine = new Map<number, number>();
  const leftOut = new Map<number, string>();
  let columns: MendedColumns | undefined;
  let headerLines = 0;
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
      if (record.fault !== undefined)
        throw new RowsRefusedError(
          `the header of the mended file is no record: expected ${describeFault(record.fault)}`,
        );
      columns = new MendedColumns(text, dialect.delimiter, own);
      write(columns.headerText);
      return;
    }
    const { text: copied, ...read } = columns!.read(record, text);
    const place = records.push({ line: record.line, lines: record.lines, ...read }) - 1;
    if (copied === undefined) return;
    if (without.has(place)) {
      leftOut.set(place, copied);
      return;
    }
    placeOfLine.set(line, place);
    write(copied);
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
  return { records, placeOfLine, leftOut, lines: { total: totals.lines, blank: totals.blank, header: headerLines } };
}

async function copyJsonLines(file: string, target: string, { own, without }: CopyOptions): Promise<MendedFile> {
  const out = createWriteStream(target);
  const records: MendedRecord[] = [];
  const placeOfLine = new Map<number, number>();
  const leftOut = new Map<number, string>();
  let line = 1;
  // The copy's own mark: one that a line begins with is text of that line.
  let batch = '\ufeff';
  const take = (bytes: Uint8Array, number: number): void => {
    const text = Buffer.from(bytes).toString('utf8');
    const { of, rest } = withoutNote(text, number, own);
    const fault = isUtf8(bytes) ? {} : { fault: describeFault('encoding'), raw: rest };
    const place = records.push({ line: number, lines: 1, of, fault: undefined, ...markOf(rest), ...fault }) - 1;
    if (fault.fault !== undefined) return;
    if (without.has(place)) {
      leftOut.set(place, rest);
      return;
    }
    placeOfLine.set(line++, place);
    batch += `${rest}\n`;
  };
  const settle = async (): Promise<void> => {
    if (!out.write(batch)) await once(out, 'drain');
    batch = '';
  };
  try {
    const { total, blank } = await scanLines(file, take, settle);
    return { records, placeOfLine, leftOut, lines: { total, blank, header: 0 } };
  } finally {
    out.end();
    await finished(out);
  }
}
