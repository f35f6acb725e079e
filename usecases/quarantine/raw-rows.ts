import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describeFault } from '../../core/records/scanned-record.ts';
import { digestOfFile } from '../../platform/digest.ts';
import { literal, withDuck } from '../../platform/duckdb/connection.ts';
import { ObjectNotFoundError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';
import { plainDialect } from '../validation/dialect.ts';
import { withParquet } from '../validation/parquet-file.ts';
import { readQuarantinedRows } from '../validation/quarantined-rows.ts';
import type { DropReport } from '../validation/report.ts';
import { withReplacements } from '../validation/stored-sql.ts';
import { unpackFile } from '../validation/unpack-file.ts';
import type { QuarantinedRow } from '../validation/validation-view.ts';
import { RowsRefusedError } from './errors.ts';
import type { OpenedQuarantine } from './open-quarantine.ts';
import { writeParquetLines } from './parquet-lines.ts';

/** How the rows of a drop are written: rows of Parquet have no text of their own, and are written as JSON lines. */
export interface RowsFormat {
  /** Ending of a file with its rows. */
  readonly extension: '.csv' | '.tsv' | '.jsonl';
  /** What divided fields when they were quarantined, whatever the contract says since; undefined for JSON lines. */
  readonly delimiter: string | undefined;
}

export function rowsFormat({ source, delimiter }: Pick<DropReport, 'source' | 'delimiter'>): RowsFormat {
  const name = source.key.replace(/\.gz$/, '');
  const extension = ['.csv', '.tsv'].find((each) => name.endsWith(each)) as '.csv' | '.tsv' | undefined;
  if (extension === undefined) return { extension: '.jsonl', delimiter: undefined };
  return { extension, delimiter: delimiter ?? plainDialect(name).delimiter };
}

/** Whether the rows of a drop are read from the file that was dropped, for quarantine has no text of them. */
export const isReadFromSource = ({ source, personal }: DropReport): boolean =>
  /\.parquet(\.gz)?$/.test(source.key) && personal === null;

/** A quarantined row with its text. */
export interface RawRow {
  readonly row: QuarantinedRow;
  /** As it came; undefined where it cannot be had, and `missing` says why. */
  readonly text: string | undefined;
  readonly missing?: string;
}

/** Why a row has no text to be put back. */
export const WITHHELD =
  'its text is not kept, for the contract marks personal fields: take the row out of the file that was dropped';
const NO_TEXT = 'its text is not kept: take the row out of the file that it was in';
const CUT = 'its text is longer than quarantine keeps: take the row out of the file that was dropped';

/**
 * Quarantined rows with their texts, one at a time, in the order in which they are kept.
 *
 * @param work folder for temporary files
 */
export async function* rawRows(
  home: Home,
  { report, file }: Pick<OpenedQuarantine, 'report' | 'file'>,
  wanted: (line: number) => boolean,
  work: string,
): AsyncGenerator<RawRow> {
  if (isReadFromSource(report)) {
    yield* parquetRows(home, { report, file }, wanted, work);
    return;
  }
  for await (const row of readQuarantinedRows(file)) if (wanted(row.line)) yield withText(row, report);
}

function withText(row: QuarantinedRow, { personal }: Pick<DropReport, 'personal'>): RawRow {
  const text = textOf(row);
  if (text === undefined) return { row, text, missing: personal === null ? NO_TEXT : WITHHELD };
  if (row.cut === true) return { row, text: undefined, missing: CUT };
  return { row, text };
}

/** Text of bytes that are no UTF-8 has U+FFFD in their places: what they were to say is not known, and not guessed. */
function textOf(row: QuarantinedRow): string | undefined {
  return row.raw !== undefined && isNoText(row) ? Buffer.from(row.raw, 'latin1').toString('utf8') : row.raw;
}

const isNoText = ({ reasons }: QuarantinedRow): boolean =>
  reasons.some(({ feature, allowed }) => feature === '(line)' && allowed === describeFault('encoding'));

/** Stands for bytes that are no text. */
export const REPLACEMENT = '\ufffd';

/** Bytes that are no text, as the reasons of a row of Parquet have them. */
const BYTES = /\\x[0-9A-F]{2}/;

/** Whether an export of the row may have {@link REPLACEMENT} for bytes that the file has: as text it is no mended row. */
export const hasReplaced = (row: QuarantinedRow): boolean =>
  isNoText(row) ||
  // Of Parquet, whose rows have no text of their own.
  (row.raw === undefined && row.reasons.some(({ rule, received }) => rule === 'type' && BYTES.test(received ?? ''))) ||
  (row.reasons.some(({ feature }) => feature === '(line)') && textOf(row)?.includes(REPLACEMENT) === true);

/** Rows of Parquet as JSON, read from the file that was dropped. */
async function* parquetRows(
  home: Home,
  { report, file }: Pick<OpenedQuarantine, 'report' | 'file'>,
  wanted: (line: number) => boolean,
  work: string,
): AsyncGenerator<RawRow> {
  const lines = path.join(work, 'wanted.csv');
  const out = await open(lines, 'w');
  try {
    let batch = '';
    for await (const { line } of readQuarantinedRows(file)) {
      if (!wanted(line)) continue;
      batch += `${line}\n`;
      if (batch.length < 1 << 20) continue;
      await out.write(batch);
      batch = '';
    }
    await out.write(batch);
  } finally {
    await out.close();
  }
  const target = path.join(work, 'rows-of-parquet.jsonl');
  const source = await sourceFile(home, report, work);
  await withDuck({ memoryMb: 512 }, async (duck) => {
    await duck.run(
      `CREATE TEMP TABLE wanted AS SELECT line, row_number() OVER () AS place FROM read_csv(${literal(lines)}, header = false, auto_detect = false, columns = {'line': 'BIGINT'})`,
    );
    // As they were judged: what the engine alone reads may be cut, and would pass when it comes back.
    await withParquet(duck, source, (parquet) => writeParquetLines(duck, parquet, 'wanted', target));
  });
  const texts = createInterface({ input: createReadStream(target), crlfDelay: Number.POSITIVE_INFINITY })[
    Symbol.asyncIterator
  ]();
  for await (const row of readQuarantinedRows(file)) {
    if (!wanted(row.line)) continue;
    const next = await texts.next();
    if (next.done) throw new Error(`row ${row.line} of ${report.source.key} is not in the file`);
    yield { row, text: withReplacements(next.value) };
  }
}

/**
 * The very file that was judged, on this machine.
 *
 * @throws RowsRefusedError when it is not there any more as it was
 */
async function sourceFile(home: Home, { source, drop }: DropReport, work: string): Promise<string> {
  const file = path.join(work, `source-${path.basename(source.key)}`);
  const refused = (cause?: unknown): RowsRefusedError =>
    new RowsRefusedError(
      `rows of Parquet are read from the file itself, and ${source.key} is not there any more as drop ${drop} judged it`,
      { cause },
    );
  try {
    await home.data.download(source.key, file, source.versionId);
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError)) throw error;
    // The same bytes may have been put there again.
    await home.data.download(source.key, file).catch((cause: unknown) => {
      throw cause instanceof ObjectNotFoundError ? refused(cause) : cause;
    });
  }
  if ((await digestOfFile(file)) !== source.sha256) throw refused();
  return unpackFile(file, work);
}
