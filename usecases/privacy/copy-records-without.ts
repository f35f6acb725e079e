import { createHash } from 'node:crypto';
import type { RecordDialect } from '../../core/records/record-scanner.ts';
import {
  LINE_END_BYTES,
  type LineEnd,
  type ScannedRecord,
  type ShapeFault,
} from '../../core/records/scanned-record.ts';
import { FileRejectedError } from '../validation/errors.ts';
import { scanFile } from '../validation/scan-file.ts';
import { type ByteRange, copyWithout, type Replaced } from './copy-without.ts';

/** A record that is to go. */
export interface GoneRecord extends ByteRange {
  /** Fields that all others are to have because it is the first; undefined for those that are not. */
  readonly fields: number | undefined;
  readonly end: LineEnd;
  /** Whether a line stays in its place in any case. @default where others need it */
  readonly stays?: boolean;
}

export const goneRecord = ({ offset, length, end, header, fields, fault }: ScannedRecord): GoneRecord => ({
  from: offset,
  to: offset + length + LINE_END_BYTES[end],
  fields: header ? firstFields(fields, fault) : undefined,
  end,
});

/** Of a line beyond the limit no fields are counted. */
const firstFields = (fields: number, fault: ShapeFault | undefined): number => (fault === 'too-long' ? 1 : fields);

/**
 * What stands where a record was that others need: a faulty record in whatever file, and for a quoted field that is open
 * before it a quote that closes nothing.
 */
const ERASED = '"erased" by request';

const LINE_ENDS = { none: '', lf: '\n', crlf: '\r\n', cr: '\r' } as const satisfies Record<LineEnd, string>;

const erasedLine = ({ fields = 1, end }: GoneRecord, { delimiter }: RecordDialect): Uint8Array =>
  Buffer.from(ERASED + delimiter.repeat(fields - 1) + LINE_ENDS[end]);

/** Whether a record stands where one was, and is nobody's. */
export function isErasedLine({ fault, bytes }: ScannedRecord, { delimiter }: RecordDialect): boolean {
  if (fault !== 'after-quote') return false;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return text.startsWith(ERASED) && text.slice(ERASED.length).replaceAll(delimiter, '') === '';
}

/**
 * Copies a file of records without some, and looks whether all others read as before. What a record is may hang on those
 * around it: a quote that was open is closed further on when what stood between is gone, and the first record says how
 * many fields all have. There a line is left that has nothing of the record but keeps the others as they were.
 *
 * @param gone in ascending order
 * @throws FileRejectedError when others would not read as before nevertheless
 */
export async function copyRecordsWithout(
  from: string,
  to: string,
  dialect: RecordDialect,
  gone: readonly GoneRecord[],
): Promise<void> {
  let ranges = gone.map((record): Replaced => (record.stays ? erased(record, dialect) : record));
  const before = await readRest(from, dialect, ranges, 'before');
  for (;;) {
    await copyWithout(from, to, ranges);
    const after = await readRest(to, dialect, ranges, 'after');
    if (after.digest === before.digest) return;
    const behind = nextBehind(gone, missing(before.unclosed, after.unclosed));
    if (gone[0]?.fields !== undefined) behind.add(0);
    const kept = ranges.filter(({ by }, i) => by === undefined && behind.has(i)).length;
    if (kept === 0) throw new FileRejectedError('format', 'without the subject its other records would be others');
    ranges = ranges.map((range, i) => (behind.has(i) ? erased(gone[i]!, dialect) : range));
  }
}

const erased = (record: GoneRecord, dialect: RecordDialect): Replaced => ({
  ...record,
  by: erasedLine(record, dialect),
});

const missing = (before: readonly number[], after: readonly number[]): number[] => {
  const there = new Set(after);
  return before.filter((offset) => !there.has(offset));
};

/** Of each place, the index of the first record behind it. @param places in ascending order */
function nextBehind(gone: readonly ByteRange[], places: readonly number[]): Set<number> {
  const behind = new Set<number>();
  let index = 0;
  for (const place of places) {
    while (index < gone.length && gone[index]!.from < place) index++;
    if (index < gone.length) behind.add(index);
  }
  return behind;
}

/** What the records are that do not go. */
interface Rest {
  /** Of where each of them is in the file before, how long, and what is wrong with it. */
  readonly digest: string;
  /** Where those begin in the file before that are lines of quoted fields not closed in time. */
  readonly unclosed: readonly number[];
}

const FAULTS: readonly (ShapeFault | undefined)[] = [
  undefined,
  'unclosed',
  'after-quote',
  'fields',
  'encoding',
  'return',
  'too-long',
];
const NUMBERS = 4;
const BATCH = 4096 * NUMBERS;

/** @param side whether the file is the one with the ranges, or the copy without them */
async function readRest(
  file: string,
  dialect: RecordDialect,
  ranges: readonly Replaced[],
  side: 'before' | 'after',
): Promise<Rest> {
  const hash = createHash('sha256');
  const numbers = new Float64Array(BATCH);
  const unclosed: number[] = [];
  let [used, next, shift] = [0, 0, 0];
  const flush = (): void => {
    hash.update(new Uint8Array(numbers.buffer, 0, used * Float64Array.BYTES_PER_ELEMENT));
    used = 0;
  };
  await scanFile(file, dialect, ({ offset, length, lines, fault }) => {
    let at = offset + shift;
    for (; next < ranges.length && ranges[next]!.from <= at; next++) {
      const { from, to, by } = ranges[next]!;
      const inPlace = side === 'before' ? to - from : (by?.length ?? 0);
      // It is one of those that go, or what stands in its place.
      if (at < from + inPlace) return;
      if (side === 'after') {
        shift += to - from - inPlace;
        at = offset + shift;
      }
    }
    if (fault === 'unclosed') unclosed.push(at);
    numbers.set([at, length, lines, FAULTS.indexOf(fault)], used);
    used += NUMBERS;
    if (used === BATCH) flush();
  });
  flush();
  return { digest: hash.digest('hex'), unclosed };
}
