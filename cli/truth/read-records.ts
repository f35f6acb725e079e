import { rm } from 'node:fs/promises';
import { type Field, parseRecord } from '../../core/records/record-text.ts';
import { describeFault, type ScannedRecord } from '../../core/records/scanned-record.ts';
import { type FeedbackLine, type FeedbackRecord, parseFeedbackLine } from '../../core/serving/feedback-record.ts';
import { makeTemporaryFolder } from '../../platform/temporary-folder.ts';
import { parseHeader } from '../../usecases/validation/csv-header.ts';
import { plainDialect } from '../../usecases/validation/dialect.ts';
import { formatOf } from '../../usecases/validation/file-format.ts';
import { scanFile } from '../../usecases/validation/scan-file.ts';
import { scanLines } from '../../usecases/validation/scan-lines.ts';
import { unpackFile } from '../../usecases/validation/unpack-file.ts';
import { UsageError } from '../errors.ts';

/** Names of the columns of a CSV file, where they are not the usual ones. */
export interface TruthColumns {
  readonly id?: string | undefined;
  readonly truth?: string | undefined;
  readonly time?: string | undefined;
}

/** A record of a file, and the line that it is on, from 1. */
export type FileRecord = { readonly line: number } & FeedbackLine;

/** Records that are handed on together. */
const MAX_RECORDS = 50_000;
/** What the join and the endpoint take of an id, and of a whole record. */
const MAX_ID = 300;
const MAX_RECORD = 2_000;

/**
 * Reads a file of truths: CSV or TSV with a header, or JSON lines, gzipped or not. What is no truth is a record with its
 * fault.
 *
 * @param take is awaited before more is read
 * @throws UsageError when it is another kind of file, or has no such columns
 * @throws FileRejectedError when it is not text
 */
export async function readRecords(
  file: string,
  columns: TruthColumns,
  take: (records: readonly FileRecord[]) => Promise<void>,
): Promise<void> {
  const { form } = formatOf(file, null);
  if (form === 'parquet' || !/\.(csv|tsv|jsonl|ndjson)(\.gz)?$/i.test(file))
    throw new UsageError(`${file} is none of .csv, .tsv, .jsonl, .ndjson, or one of them with .gz`);
  const scratch = await makeTemporaryFolder('truth');
  try {
    const plain = await unpackFile(file, scratch);
    const held: FileRecord[] = [];
    const settle = async (least: number): Promise<void> => {
      while (held.length > 0 && held.length >= least) await take(held.splice(0, MAX_RECORDS));
    };
    const add = (line: number, read: FeedbackLine): void => void held.push({ line, ...checked(read) });
    if (form === 'json') {
      const text = new TextDecoder();
      await scanLines(
        plain,
        (bytes, line) => add(line, parseFeedbackLine(text.decode(bytes))),
        () => settle(MAX_RECORDS),
      );
    } else await readTable(plain, columns, { add, settle: () => settle(MAX_RECORDS) });
    await settle(0);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface TableSink {
  readonly add: (line: number, read: FeedbackLine) => void;
  readonly settle: () => Promise<void>;
}

async function readTable(file: string, columns: TruthColumns, { add, settle }: TableSink): Promise<void> {
  const dialect = plainDialect(file);
  let places: ColumnPlaces | undefined;
  const text = new TextDecoder();
  const take = (record: ScannedRecord): void => {
    if (record.header) places = placesIn(parseHeader(record, dialect.delimiter), columns);
    else if (record.fault !== undefined) add(record.line, { fault: `expected ${describeFault(record.fault)}` });
    else add(record.line, recordOf(parseRecord(text.decode(record.bytes), dialect.delimiter), places!));
  };
  await scanFile(file, dialect, take, settle);
  if (places === undefined) throw new UsageError(`${file} is empty: expected a header with the columns id and truth`);
}

/** Which column is what. */
interface ColumnPlaces {
  readonly id: number;
  readonly truth: number;
  /** -1 without one. */
  readonly time: number;
}

/** Names that are looked for where none is given. */
const USUAL = { id: ['id', 'prediction_id'], truth: ['truth', 'label'], time: ['time', 'at'] } as const;

function placesIn(header: readonly string[], columns: TruthColumns): ColumnPlaces {
  const place = (role: keyof ColumnPlaces): number => {
    const named = columns[role];
    const names: readonly string[] = named === undefined ? USUAL[role] : [named];
    const at = header.findIndex((name) => names.includes(name));
    if (at < 0 && (named !== undefined || role !== 'time'))
      throw new UsageError(
        `no column ${names.join(' or ')} in the header (${header.join(', ').slice(0, 200)}): name the one with the ${ROLES[role]} by --${role}-column`,
      );
    return at;
  };
  return { id: place('id'), truth: place('truth'), time: place('time') };
}

const ROLES = { id: 'prediction ids', truth: 'truths', time: 'times' } as const;

function recordOf(fields: readonly Field[], { id, truth, time }: ColumnPlaces): FeedbackLine {
  const cell = (at: number): string => fields[at]?.text ?? '';
  if (cell(id) === '') return { fault: 'the id is empty' };
  if (cell(truth) === '') return { fault: 'the truth is empty' };
  const at = time < 0 || cell(time) === '' ? undefined : cell(time);
  // Through the parser of lines, so that both kinds of file are held to the same.
  return parseFeedbackLine(JSON.stringify({ id: cell(id), truth: cell(truth), ...(at === undefined ? {} : { at }) }));
}

function checked(read: FeedbackLine): FeedbackLine {
  if (!('record' in read)) return read;
  return faultOf(read.record) ?? read;
}

/** What the join or the endpoint would not take of a record. */
function faultOf(record: FeedbackRecord): { readonly fault: string } | undefined {
  if (record.id.length > MAX_ID) return { fault: `the id has ${record.id.length} characters, at most ${MAX_ID}` };
  if (JSON.stringify(record).length > MAX_RECORD) return { fault: `it is longer than ${MAX_RECORD} characters` };
  if (record.at !== undefined && Date.parse(record.at) > Date.now() + 60_000)
    return { fault: `its time ${record.at} is to come` };
  return undefined;
}
