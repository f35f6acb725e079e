import { parquetText } from '../../core/contract/cells/parquet-text.ts';
import { isFractionalType } from '../../core/contract/cells/parquet-types.ts';
import type { Contract } from '../../core/contract/contract.ts';
import { isPersonal } from '../../core/contract/personal.ts';
import { formatValue } from '../../core/errors/format-value.ts';
import { ownValue } from '../../core/model/own-value.ts';
import { parseRecord } from '../../core/records/record-text.ts';
import { describeFault } from '../../core/records/scanned-record.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import { BreachReasons } from './breach-reasons.ts';
import { readBreaches } from './breaches.ts';
import { BREACHES, ROW, ROWS } from './create-cells.ts';
import { dialectOf } from './dialect.ts';
import { readJsonLine } from './json-line.ts';
import type { Loaded } from './loaded.ts';
import type { PersonalSql } from './personal-columns.ts';
import { QuarantineFile, rawText } from './quarantine-file.ts';
import { scanFile } from './scan-file.ts';
import { scanLines } from './scan-lines.ts';
import { BYTES_MARK } from './stored-sql.ts';
import type { QuarantinedRow } from './validation-view.ts';

/** What the quarantined rows are written from. */
export interface QuarantineOptions {
  readonly duck: Duck;
  readonly contract: Contract;
  readonly loaded: Loaded;
  readonly personal: PersonalSql;
  /** File that they go to. */
  readonly target: string;
}

/** The writing of quarantined rows. */
export interface Quarantine {
  /** Physical lines of them all, once they are written. */
  readonly lines: Promise<number>;
}

/**
 * Writes every quarantined record with all its reasons, in the order of the file, which is gone through once more for
 * it: so its text is exact, and nothing of it has to be kept meanwhile. The engine is free for other work once this
 * returns, and does it while text is being gone through.
 */
export async function beginQuarantine(options: QuarantineOptions): Promise<Quarantine> {
  const { duck, contract, loaded, personal, target } = options;
  const reasons = new BreachReasons(contract, loaded.columns, await readBreaches(duck));
  const subjects = await subjectsOf(duck, personal);
  const out = await QuarantineFile.create(target);
  const lines = writeAll(options, { reasons, subjects, out, shown: !isPersonal(contract) });
  // Told to whoever awaits it.
  lines.catch(() => undefined);
  if (loaded.format === 'parquet') await lines;
  return { lines };
}

async function writeAll(options: QuarantineOptions, writer: Writer): Promise<number> {
  const { out } = writer;
  try {
    if (options.loaded.format === 'csv') await quarantineRecords(options, writer);
    else if (options.loaded.format === 'jsonl') await quarantineLines(options, writer);
    else await quarantineParquet(options, writer);
  } finally {
    await out.close();
  }
  return out.lines;
}

interface Writer {
  readonly reasons: BreachReasons;
  readonly subjects: ReadonlyMap<number, string>;
  readonly out: QuarantineFile;
  /** Whether texts and values are shown. */
  readonly shown: boolean;
}

/** Writes what waits, unless all is to end. */
const settle =
  ({ signal }: Duck, out: QuarantineFile): (() => Promise<void>) =>
  () => {
    signal?.throwIfAborted();
    return out.settle();
  };

async function quarantineRecords({ duck, contract, loaded }: QuarantineOptions, writer: Writer): Promise<void> {
  const { reasons, out, shown } = writer;
  const dialect = dialectOf(loaded.file, contract);
  const expected = loaded.columns.length + loaded.skipped;
  let row = -1;
  await scanFile(
    loaded.file,
    dialect,
    ({ header, line, lines, bytes, length, fields, fault }) => {
      if (header) return;
      if (fault === undefined) row++;
      if (fault === undefined && !reasons.has(row)) return;
      const raw = shown ? rawText(bytes, length, fault !== 'encoding') : {};
      if (fault !== undefined) {
        const why =
          fault === 'fields'
            ? reasons.fault(`${expected} fields`, `${fields} fields`)
            : reasons.fault(describeFault(fault));
        out.add({ line, lines, ...raw, reasons: [why] });
        return;
      }
      const cells = shown ? parseRecord(Buffer.from(bytes).toString(), dialect.delimiter) : [];
      const found = reasons.take((column) => {
        const { text, quoted } = cells[column + loaded.skipped]!;
        return text === '' && !quoted ? undefined : text;
      });
      out.add({ line, lines, ...raw, ...subjectOf(writer, row), reasons: found });
    },
    settle(duck, out),
  );
}

async function quarantineLines({ duck, loaded }: QuarantineOptions, writer: Writer): Promise<void> {
  const { reasons, out, shown } = writer;
  const known = new Set(loaded.columns.map(({ name }) => name));
  let row = -1;
  await scanLines(
    loaded.file,
    (bytes, line) => {
      // What is a row is known; only a line that is quarantined is parsed again, and one that may be none.
      const read = reasons.has(row + 1) || loaded.faults.size > 0 ? readJsonLine(bytes, known) : undefined;
      const { fault, received } = read !== undefined && 'fault' in read ? read : { fault: undefined };
      if (fault === undefined) row++;
      if (fault === undefined && !reasons.has(row)) return;
      const raw = shown ? rawText(bytes, bytes.length, fault !== 'text in UTF-8') : {};
      if (read === undefined || 'fault' in read) {
        out.add({ line, lines: 1, ...raw, reasons: [reasons.fault(fault!, shown ? received : undefined)] });
        return;
      }
      const found = reasons.take((column) => {
        const value = ownValue(read.row, loaded.columns[column]!.name);
        return value === null || value === undefined ? undefined : formatValue(value);
      });
      out.add({ line, lines: 1, ...raw, ...subjectOf(writer, row), reasons: found });
    },
    settle(duck, out),
  );
}

/** Rows of Parquet, which have no text: their values come from the file, of columns in which any is wrong. */
async function quarantineParquet({ duck, loaded }: QuarantineOptions, writer: Writer): Promise<void> {
  const { reasons, out } = writer;
  const wrong = await duck.rows(`SELECT DISTINCT col FROM ${BREACHES} WHERE col >= 0`);
  const columns = wrong.map(({ col }) => Number(col));
  const place = new Map(columns.map((column, i) => [column, i + 1]));
  const { relation, types } = loaded.parquet!;
  const values = columns.map((column) => shownSql(`t${column}`, types[column]!));
  const rows = duck.columns(
    `SELECT * FROM (SELECT ${['row_number() OVER () - 1', ...values].map((value, i) => `${value} AS v${i}`).join(', ')} ` +
      `FROM ${relation}) WHERE v0 IN (SELECT row FROM ${BREACHES}) ORDER BY v0`,
  );
  for await (const [numbers, ...cells] of rows) {
    for (const [i, number] of numbers!.entries()) {
      const row = Number(number);
      if (!reasons.has(row)) throw new RangeError(`row ${row} is quarantined without a reason`);
      const found = reasons.take((column) => cells[place.get(column)! - 1]![i]);
      out.add({ line: row + 1, lines: 1, ...subjectOf(writer, row), reasons: found });
    }
    await out.settle();
  }
}

/**
 * A value as text, as a message shows it: what is no number by its name, bytes that are no text without what marks them.
 * The engine has no text of some times that it holds.
 */
const shownSql = (column: string, type: string): string => {
  const text = `replace(replace(${parquetText(column, type)}, ${BYTES_MARK}, ''), chr(0), '')`;
  return `coalesce(TRY(${text}), CASE WHEN ${column} IS NOT NULL THEN '${isFractionalType(type) ? 'NaN' : 'beyond all times'}' END)`;
};

const subjectOf = ({ subjects }: Writer, row: number): Pick<QuarantinedRow, 'subject'> => {
  const subject = subjects.get(row);
  return subject === undefined ? {} : { subject };
};

/** Pseudonyms of whom quarantined rows are about, by row. */
async function subjectsOf(duck: Duck, { subject }: PersonalSql): Promise<Map<number, string>> {
  if (subject === undefined) return new Map();
  const rows = await duck.rows(
    `SELECT ${ROW} AS row, ${subject} AS subject FROM ${ROWS} WHERE ${ROW} IN (SELECT row FROM ${BREACHES})`,
  );
  return new Map(rows.flatMap(({ row, subject: who }) => (who === null ? [] : [[Number(row), String(who)] as const])));
}
