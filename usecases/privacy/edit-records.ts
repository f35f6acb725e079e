import { createReadStream } from 'node:fs';
import { type RecordDialect, RecordScanner } from '../../core/records/record-scanner.ts';
import { parseRecord } from '../../core/records/record-text.ts';
import { MAX_RECORD_BYTES, type ScannedRecord } from '../../core/records/scanned-record.ts';
import { assertText, DELIMITERS } from '../validation/csv-header.ts';
import { dialectOf, plainDialect } from '../validation/dialect.ts';
import { FileRejectedError } from '../validation/errors.ts';
import { scanFile } from '../validation/scan-file.ts';
import { copyRecordsWithout, type GoneRecord, goneRecord, isErasedLine } from './copy-records-without.ts';
import type { ByteRange } from './copy-without.ts';
import type { Subject } from './data-owners.ts';
import type { EditedTable } from './edit-lines.ts';
import { openFields } from './open-fields.ts';
import { speaksOf } from './speaks-of.ts';

/**
 * Takes a subject's rows out of CSV or TSV, and records that are no rows where they mention it, with what may belong to
 * them: the rest of a quoted field that took too many lines, and faulty records behind. Every other record reads as before.
 *
 * @param name of the file, which says how its records are written where no contract does
 * @throws FileRejectedError when it is no such text, it cannot be told where what mentions the subject ends, or other
 *   records would not read as before
 */
export async function editRecords(from: string, to: string, subject: Subject, name: string): Promise<EditedTable> {
  const { dialect, columns } = await readingOf(from, subject, name);
  const named = hasSubject(columns, subject);
  if (!named && isHeader(columns, subject)) return { gone: 0, left: 1, named };
  const reading = { dialect, columns: named ? columns : undefined, subject };
  let found = await findRecords(from, reading, []);
  const fields = await openFields(from, dialect, found.unclosed);
  if (fields.length > 0) found = await findRecords(from, reading, fields);
  const { cut } = found;
  // What comes to stand first may look like a header, and the file was refused for having none.
  const gone = found.gone.map((record, i) => (i === 0 && found.headed ? { ...record, stays: true } : record));
  let { left } = found;
  for (const range of cut)
    if (await isMentionedWithin(from, range, subject)) gone.push(range);
    else left++;
  if (gone.length > 0)
    await copyRecordsWithout(
      from,
      to,
      dialect,
      gone.sort((a, b) => a.from - b.from),
    );
  return { gone: gone.length, left, named: true };
}

interface FoundRecords {
  readonly gone: GoneRecord[];
  /** Those of which the scanner has kept the beginning only: they may mention the subject further on. */
  readonly cut: GoneRecord[];
  readonly left: number;
  /** Whether the first record that is left names columns as a header does, and is none. */
  readonly headed: boolean;
  /** Where records begin that are gone, and are the first lines of quoted fields that were not closed in time. */
  readonly unclosed: readonly number[];
}

/** @param fields that are gone with all that begins in them, in ascending order */
async function findRecords(file: string, reading: RecordReading, fields: readonly ByteRange[]): Promise<FoundRecords> {
  const { dialect, columns } = reading;
  const gone: GoneRecord[] = [];
  const cut: GoneRecord[] = [];
  const unclosed: number[] = [];
  let [left, field, behind] = [0, 0, false];
  let headed: boolean | undefined;
  /** Where a record begins that opens a quote; what divides its fields is not known, so that quotes are counted. */
  let open: number | undefined;
  await scanFile(file, dialect, (record) => {
    const { offset, length, bytes, fault } = record;
    // A header alone is nothing that is left.
    if (columns !== undefined && record.header) return;
    const range = goneRecord(record);
    while (field < fields.length && fields[field]!.to <= offset) field++;
    const within = field < fields.length && fields[field]!.from <= offset;
    if (open !== undefined && offset - open > MAX_RECORD_BYTES) throw openQuote();
    if (within || open !== undefined) {
      gone.push(range);
      if (open !== undefined && hasOddQuotes(bytes)) open = undefined;
    } else if (isOf(record, reading)) {
      gone.push(range);
      // A quote that is open may go on over what comes next.
      behind = fault !== undefined && hasOddQuotes(bytes);
      if (columns === undefined) open = hasOddQuotes(bytes) ? offset : undefined;
      else if (fault === 'unclosed') unclosed.push(offset);
    } else if (behind && fault !== undefined) gone.push(range);
    else {
      behind = false;
      headed ??= columns === undefined && gone.length > 0 && looksLikeHeader(record, reading);
      if (bytes.length < length) cut.push(range);
      else left++;
    }
  });
  if (open !== undefined) throw openQuote();
  return { gone, cut, left, headed: headed === true, unclosed };
}

const openQuote = (): FileRejectedError =>
  new FileRejectedError('format', 'a quote is opened where the subject is mentioned, and not closed');

const QUOTE = 34;

const hasOddQuotes = (bytes: Uint8Array): boolean =>
  bytes.reduce((quotes, byte) => quotes + (byte === QUOTE ? 1 : 0), 0) % 2 === 1;

interface Reading {
  readonly dialect: RecordDialect;
  /** What its first record has; none where that is no record. */
  readonly columns: readonly string[];
}

/**
 * How a file is read: by the first of the contracts by which its header names a subject, else a contract's columns; else
 * by whatever delimiter the header names a subject.
 */
async function readingOf(file: string, subject: Subject, name: string): Promise<Reading> {
  const plain = name.replace(/\.gz$/, '');
  const { contracts } = subject.owner;
  const dialects =
    contracts.length > 0 ? contracts.map((contract) => dialectOf(plain, contract)) : [plainDialect(plain)];
  const readings: Reading[] = [];
  const seen = new Set<string>();
  for (const dialect of dialects) {
    const key = `${dialect.delimiter}${dialect.maxRecordLines}`;
    if (seen.has(key)) continue;
    seen.add(key);
    readings.push({ dialect, columns: await headerOf(file, dialect) });
  }
  const known =
    readings.find(({ columns }) => hasSubject(columns, subject)) ??
    readings.find(({ columns }) => isHeader(columns, subject));
  if (known !== undefined) return known;
  // A file that was rejected for what divides its fields.
  for (const delimiter of Object.keys(DELIMITERS)) {
    const dialect = { ...readings[0]!.dialect, delimiter };
    const columns = await headerOf(file, dialect);
    if (hasSubject(columns, subject)) return { dialect, columns };
  }
  return readings[0]!;
}

/**
 * Names in the first record; those without quotes without the space around them.
 *
 * @throws FileRejectedError where it has NUL: of UTF-16 nothing can be told
 */
async function headerOf(file: string, dialect: RecordDialect): Promise<string[]> {
  let columns: string[] | undefined;
  const scanner = new RecordScanner(dialect, (record) => {
    if (!record.header) return;
    assertText(record.bytes);
    columns = namesIn(record, dialect);
  });
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    scanner.push(chunk);
    if (columns !== undefined) return columns;
  }
  scanner.end();
  return columns ?? [];
}

/** What a record's fields are as names of columns; none of a faulty one. */
const namesIn = (record: ScannedRecord, { delimiter }: RecordDialect): string[] =>
  (record.fault === undefined ? parseRecord(textOf(record), delimiter) : []).map(({ text, quoted }) =>
    quoted ? text : text.trim(),
  );

const hasSubject = (columns: readonly string[], { owner }: Subject): boolean =>
  columns.some((column) => owner.subjects.has(column));

/** Whether a file's first record names columns as one of the contracts has them, rather than being a row. */
const isHeader = (found: readonly string[], { owner }: Subject): boolean =>
  found.length > 0 &&
  owner.columns.some(({ required, optional }) =>
    required.length > 0
      ? required.every((column) => found.includes(column))
      : found.every((column) => optional.includes(column)),
  );

/** Also of a record of another number of fields than the first: as the first it has its own. */
function looksLikeHeader(record: ScannedRecord, { dialect, subject }: RecordReading): boolean {
  const whole = record.fault === 'fields' ? { ...record, fault: undefined } : record;
  const names = namesIn(whole, dialect);
  return hasSubject(names, subject) || isHeader(names, subject);
}

interface RecordReading {
  readonly dialect: RecordDialect;
  /** Undefined in a file without a header, of which each record can only be read as a text. */
  readonly columns: readonly string[] | undefined;
  readonly subject: Subject;
}

function isOf(record: ScannedRecord, { dialect, columns, subject }: RecordReading): boolean {
  if (isErasedLine(record, dialect)) return false;
  if (columns === undefined || record.fault !== undefined) return speaksOf(record.bytes, subject);
  return parseRecord(textOf(record), dialect.delimiter).some(({ text }, i) => subject.is(columns[i]!, text));
}

const textOf = ({ bytes }: ScannedRecord): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();

/** Bytes that are looked through once more with what follows, so that no mention is divided. */
const OVERLAP_BYTES = 64 * 1024;

/** Whether a record mentions a subject of which the scanner has kept the beginning only. */
async function isMentionedWithin(file: string, { from, to }: ByteRange, subject: Subject): Promise<boolean> {
  let before: Buffer = Buffer.alloc(0);
  const options = { start: from, end: to - 1, highWaterMark: 1 << 20 };
  for await (const chunk of createReadStream(file, options) as AsyncIterable<Buffer>) {
    const text = Buffer.concat([before, chunk]);
    if (speaksOf(text, subject)) return true;
    before = text.subarray(-OVERLAP_BYTES);
  }
  return false;
}
