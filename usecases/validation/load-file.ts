import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Contract, FeatureType } from '../../core/contract/contract.ts';
import { otherColumns } from '../../core/contract/data-columns.ts';
import { sqlTypeOf } from '../../core/contract/sql.ts';
import { RESERVED_PREFIX } from '../../core/contract/sql-text.ts';
import { type Duck, identifier, literal } from '../../platform/duckdb/connection.ts';
import { checkColumns, parseHeader } from './csv-header.ts';
import { FileRejectedError } from './errors.ts';
import { createTypedRows, exactColumns, uncertainColumns } from './exact-columns.ts';
import { csvField, readJsonLine } from './json-line.ts';
import { countLines, linesOf, type Unreadable } from './lines.ts';
import { readCsv } from './read-csv.ts';
import { recoverCsv } from './recover-csv.ts';

/**
 * A file as a table `rows`, its columns typed as {@link sqlTypeOf} says, in the order of the file; rules are asked of
 * its view `typed_rows`.
 */
export interface Loaded {
  readonly format: 'csv' | 'jsonl' | 'parquet';
  /** Columns of the table, all of them. */
  readonly columns: string[];
  readonly rows: number;
  readonly unreadable: Unreadable[];
  /** Data lines of the file (rows, for Parquet): what accepted and quarantined add up to. */
  readonly lines: number;
  /** 1-based line of the source for a row of the table; the row's own number for Parquet. */
  lineOf(row: number): number;
}

/** Loads a file by the ending of its name. @throws FileRejectedError when it is no table of the contract */
export async function loadFile(duck: Duck, file: string, contract: Contract): Promise<Loaded> {
  if ((await stat(file)).size === 0) throw new FileRejectedError('format', 'the file is empty');
  if (file.endsWith('.parquet')) return loadParquet(duck, file, contract);
  if (/\.(jsonl|ndjson)$/.test(file)) return loadJsonLines(duck, file, contract);
  if (file.endsWith('.csv')) return loadCsv(duck, file, contract);
  throw new FileRejectedError('format', `'${path.basename(file)}' is none of .csv, .jsonl, .ndjson, .parquet`);
}

async function loadCsv(duck: Duck, file: string, contract: Contract): Promise<Loaded> {
  const columns = await headerOf(file);
  checkColumns(columns, contract);
  const { lines, blank } = await countLines(file);
  const data = lines - 1;
  const fast = await readCsv(duck, file, columns, contract).catch((error: unknown) => {
    // The fast reader stops at some broken files; the careful one goes through them line by line.
    if (error instanceof Error) return undefined;
    throw error;
  });
  const inData = blank.filter((line) => line > 1);
  const blankLines = inData.map((line): Unreadable => ({ line, raw: '', reason: 'the line is empty' }));
  if (fast && fast.rows + fast.rejected.length + inData.length === data) {
    const skipped = [...fast.rejected, ...blankLines].map(({ line }) => line).sort((a, b) => a - b);
    return {
      format: 'csv',
      columns,
      rows: fast.rows,
      unreadable: [...fast.rejected, ...blankLines].sort((a, b) => a.line - b.line),
      lines: data,
      lineOf: lineWithout(skipped),
    };
  }
  const clean = path.join(duck.scratch, 'clean.csv');
  const recovered = await recoverCsv(file, clean, columns.length);
  const again = await readCsv(duck, clean, columns, contract).catch((error: unknown) => {
    throw new FileRejectedError('format', `not a readable CSV file: ${firstLine(error)}`, { cause: error });
  });
  // Records of the clean file may run over lines, so the reader's line numbers are turned back by order.
  const byLine = await recordLines(clean, recovered.lineOfRecord);
  const rejected = again.rejected.map((u) => ({ ...u, line: byLine(u.line) }));
  const taken = new Set(rejected.map(({ line }) => line));
  const kept = recovered.lineOfRecord.filter((line) => !taken.has(line));
  const unreadable = [...recovered.unreadable, ...rejected, ...blankLines].sort((a, b) => a.line - b.line);
  if (kept.length !== again.rows)
    throw new FileRejectedError(
      'format',
      `the lines do not add up: ${data} in, ${again.rows} rows and ${unreadable.length} unreadable lines out`,
    );
  return {
    format: 'csv',
    columns,
    rows: again.rows,
    unreadable,
    // A record over several lines counts once: what is accounted for is records.
    lines: again.rows + unreadable.length,
    lineOf: (row) => kept[row]!,
  };
}

async function headerOf(file: string): Promise<string[]> {
  for await (const { bytes } of linesOf(file)) {
    if (
      bytes.subarray(0, 2).equals(Buffer.from([0xff, 0xfe])) ||
      bytes.subarray(0, 2).equals(Buffer.from([0xfe, 0xff]))
    )
      throw new FileRejectedError('format', 'the file is UTF-16: expected UTF-8');
    return parseHeader(withoutMark(bytes, 1));
  }
  throw new FileRejectedError('format', 'the file is empty');
}

/** A line without the byte order mark that Excel and others write first. */
const withoutMark = (bytes: Buffer, line: number): Buffer =>
  line === 1 && bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? bytes.subarray(3) : bytes;

/** Line of the n-th row when the lines in `skipped` (ascending) are no rows; line 1 is the header. */
function lineWithout(skipped: readonly number[]): (row: number) => number {
  return (row) => {
    let line = row + 2;
    // Few lines are skipped: each one before it moves the row one down.
    for (const gone of skipped) {
      if (gone > line) break;
      line++;
    }
    return line;
  };
}

/** Turns line numbers of the clean file into those of the source. */
async function recordLines(clean: string, lineOfRecord: readonly number[]): Promise<(line: number) => number> {
  const starts: number[] = [];
  let quotes = 0;
  for await (const { number, bytes } of linesOf(clean)) {
    if (number > 1 && quotes % 2 === 0) starts.push(number);
    for (let at = bytes.indexOf(34); at !== -1; at = bytes.indexOf(34, at + 1)) quotes++;
  }
  return (line) => lineOfRecord[starts.findLastIndex((start) => start <= line)] ?? line;
}

/** JSON lines become CSV, unreadable ones aside: one engine and one set of rules for all formats. */
async function loadJsonLines(duck: Duck, file: string, contract: Contract): Promise<Loaded> {
  const known = [...contract.features.map(({ name }) => name), ...otherColumns(contract.data).map(({ name }) => name)];
  const target = path.join(duck.scratch, 'lines.csv');
  const out = await open(target, 'w');
  const unreadable: Unreadable[] = [];
  const lineOfRow: number[] = [];
  const seen = new Set<string>();
  let lines = 0;
  let batch = `${known.map(csvField).join(',')}\n`;
  try {
    for await (const { number, bytes } of linesOf(file)) {
      lines++;
      const text = withoutMark(bytes, number).toString('utf8');
      const read = readJsonLine(text, contract, known);
      if ('bad' in read) {
        const { names = [], ...why } = read.bad;
        for (const name of names) seen.add(name);
        unreadable.push({ line: number, raw: text, ...why });
        continue;
      }
      for (const name of Object.keys(read.row)) seen.add(name);
      lineOfRow.push(number);
      batch += `${known.map((name) => csvField(Object.hasOwn(read.row, name) ? read.row[name] : null)).join(',')}\n`;
      if (batch.length > 1 << 20) {
        await out.write(batch);
        batch = '';
      }
    }
    await out.write(batch);
  } finally {
    await out.close();
  }
  if (seen.size === 0) throw new FileRejectedError('format', 'no line is a JSON object');
  checkColumns([...seen], contract);
  const fast = await readCsv(duck, target, known, contract);
  const recordLine = await recordLines(target, lineOfRow);
  const rejected = fast.rejected.map((u) => ({ ...u, line: recordLine(u.line) }));
  const gone = new Set(rejected.map(({ line }) => line));
  const kept = lineOfRow.filter((line) => !gone.has(line));
  return {
    format: 'jsonl',
    columns: known,
    rows: fast.rows,
    unreadable: [...unreadable, ...rejected].sort((a, b) => a.line - b.line),
    lines,
    lineOf: (row) => kept[row]!,
  };
}

async function loadParquet(duck: Duck, file: string, contract: Contract): Promise<Loaded> {
  let found: { name: string; type: string }[];
  try {
    const rows = await duck.rows(`DESCRIBE SELECT * FROM read_parquet(${literal(file)})`);
    found = rows.map(({ column_name, column_type }) => ({ name: String(column_name), type: String(column_type) }));
  } catch (error) {
    throw new FileRejectedError('format', `not a readable Parquet file: ${firstLine(error)}`, { cause: error });
  }
  const columns = found.map(({ name }) => name);
  checkColumns(columns, contract);
  const misfits = found.flatMap(({ name, type }) => {
    const feature = contract.features.find((f) => f.name === name);
    return feature && !fits(type, sqlTypeOf(feature).column) ? [`${name} is ${type}, expected ${feature.type}`] : [];
  });
  if (misfits.length > 0) throw new FileRejectedError('schema', misfits.join('; '));
  const exact = exactColumns(contract, columns);
  const numbers = found.filter(
    ({ name, type }) => type !== 'BOOLEAN' && contract.features.some((f) => f.name === name && f.type === 'boolean'),
  );
  // As DOUBLE these lose a fraction that no integer has.
  const decimals = found.filter(({ name, type }) => exact.has(name) && /^DECIMAL\(\d+,[1-9]\d*\)$/.test(type));
  const read = async (kept: ReadonlySet<string>): Promise<void> => {
    const select = [
      ...found.map((column) => parquetColumns(column, contract, kept)),
      ...numbers.map(({ name }) => `${flag(name)} AS ${flagName(name)}`),
    ];
    await duck.run('DROP TABLE IF EXISTS rows');
    await duck.run(`CREATE TEMP TABLE rows AS SELECT ${select.join(', ')} FROM read_parquet(${literal(file)})`);
  };
  let unreadable: Unreadable[];
  try {
    let kept = new Set(decimals.map(({ name }) => name));
    await read(kept);
    const uncertain = await uncertainColumns(duck, exact);
    if (uncertain.size > 0) {
      kept = new Set([...kept, ...uncertain]);
      await read(kept);
    }
    unreadable = await takeOutNoFlags(
      duck,
      numbers.map(({ name }) => name),
    );
    await createTypedRows(duck, exact, kept);
  } catch (error) {
    throw new FileRejectedError('format', `not a readable Parquet file: ${firstLine(error)}`, { cause: error });
  }
  const [{ n } = { n: 0n }] = await duck.rows('SELECT count(*) AS n FROM rows');
  const rows = Number(n);
  return { format: 'parquet', columns, rows, unreadable, lines: rows + unreadable.length, lineOf: (row) => row + 1 };
}

/** A column of numbers that are to stand for booleans; null where they are missing. */
const flag = (name: string): string => `nullif(${identifier(name)}::DOUBLE, 'NaN'::DOUBLE)`;
const flagName = (name: string): string => identifier(`${RESERVED_PREFIX} ${name}`);

/** Takes rows out of the table whose numbers stand for neither true nor false, in the order of the file. */
async function takeOutNoFlags(duck: Duck, columns: readonly string[]): Promise<Unreadable[]> {
  const found: Unreadable[] = [];
  for (const column of columns) {
    const wrong = `${flagName(column)} NOT IN (0, 1)`;
    const rows = await duck.rows(`SELECT rowid AS row, ${flagName(column)} AS value FROM rows WHERE ${wrong}`);
    for (const { row, value } of rows) found.push({ line: Number(row) + 1, reason: String(value), column });
    await duck.run(`DELETE FROM rows WHERE ${wrong}`);
  }
  for (const column of columns) await duck.run(`ALTER TABLE rows DROP COLUMN ${flagName(column)}`);
  return found.sort((a, b) => a.line - b.line);
}

/** A column of the file as the table has it; one that is kept exactly also with that value. */
function parquetColumns(
  { name, type }: { name: string; type: string },
  { features }: Contract,
  kept: ReadonlySet<string>,
): string {
  const column = identifier(name);
  const feature = features.find((f) => f.name === name);
  if (feature === undefined) return `${column}::VARCHAR AS ${column}`;
  const { column: wanted, exact } = sqlTypeOf(feature);
  if (wanted === 'BOOLEAN' && type !== 'BOOLEAN') return `${flag(name)} = 1 AS ${column}`;
  const typed = `${asRequested(column, type, feature.type)}::${wanted} AS ${column}`;
  if (exact === undefined || !kept.has(name)) return typed;
  return `${typed}, ${exact.ofNumber(column)} AS ${exact.name(name)}`;
}

const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*)$/;

/**
 * A column of numbers for a feature of type float as requests have them: a single float stands for the decimal that it
 * was made of, as long as it has a fraction; a decimal is rounded to a double once, which the engine's own cast is not.
 */
function asRequested(column: string, type: string, feature: FeatureType): string {
  if (feature !== 'float') return column;
  if (type === 'FLOAT')
    return `CASE WHEN abs(${column}) < ${SINGLE_WHOLE} THEN ${column}::VARCHAR::DOUBLE ELSE ${column}::DOUBLE END`;
  return type.startsWith('DECIMAL') ? `${column}::VARCHAR` : column;
}

/** From here on a single float has no fraction. */
const SINGLE_WHOLE = 2 ** 23;

/** Whether a Parquet column can be read as the type without guessing. */
function fits(type: string, wanted: string): boolean {
  if (wanted === 'DOUBLE') return NUMERIC.test(type);
  // As in a request, 1 and 0 are true and false, and false is no number.
  if (wanted === 'BOOLEAN') return type === 'BOOLEAN' || NUMERIC.test(type);
  return type === 'VARCHAR' || type.startsWith('ENUM');
}

const firstLine = (error: unknown): string =>
  String((error as Error).message)
    .split('\n')[0]!
    .slice(0, 200);
