import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Contract } from '../../core/contract/contract.ts';
import { sqlTypeOf } from '../../core/contract/sql.ts';
import { type Duck, identifier, literal } from '../../platform/duckdb/connection.ts';
import { checkColumns, parseHeader } from './csv-header.ts';
import { FileRejectedError } from './errors.ts';
import { countLines, linesOf, type Unreadable } from './lines.ts';
import { recoverCsv } from './recover-csv.ts';

/** A file as a table `rows`, its columns typed as {@link sqlTypeOf} says, in the order of the file. */
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
export async function load(duck: Duck, file: string, contract: Contract): Promise<Loaded> {
  if ((await stat(file)).size === 0) throw new FileRejectedError('format', 'the file is empty');
  if (file.endsWith('.parquet')) return loadParquet(duck, file, contract);
  if (/\.(jsonl|ndjson)$/.test(file)) return loadJsonLines(duck, file, contract);
  if (file.endsWith('.csv')) return loadCsv(duck, file, contract);
  throw new FileRejectedError(
    'format',
    `'${path.basename(file)}' is none of .csv, .jsonl, .ndjson, .parquet (or these with .gz)`,
  );
}

async function loadCsv(duck: Duck, file: string, contract: Contract): Promise<Loaded> {
  const columns = await headerOf(file);
  checkColumns(columns, contract);
  const { lines, blank } = await countLines(file);
  const data = lines - 1;
  const fast = await readFast(duck, file, columns, contract).catch((error: unknown) => {
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
  const careful = await recoverCsv(file, clean, columns.length);
  const again = await readFast(duck, clean, columns, contract).catch((error: unknown) => {
    throw new FileRejectedError('format', `not a readable CSV file: ${firstLine(error)}`, { cause: error });
  });
  // Records of the clean file may run over lines, so the reader's line numbers are turned back by order.
  const byLine = await recordLines(clean, careful.lineOfRecord);
  const rejected = again.rejected.map((u) => ({ ...u, line: byLine(u.line) }));
  const taken = new Set(rejected.map(({ line }) => line));
  const kept = careful.lineOfRecord.filter((line) => !taken.has(line));
  const unreadable = [...careful.unreadable, ...rejected, ...blankLines].sort((a, b) => a.line - b.line);
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
    const bom = bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]));
    if (
      bytes.subarray(0, 2).equals(Buffer.from([0xff, 0xfe])) ||
      bytes.subarray(0, 2).equals(Buffer.from([0xfe, 0xff]))
    )
      throw new FileRejectedError('format', 'the file is UTF-16: expected UTF-8');
    return parseHeader(bom ? bytes.subarray(3) : bytes);
  }
  throw new FileRejectedError('format', 'the file is empty');
}

interface Fast {
  readonly rows: number;
  readonly rejected: Unreadable[];
}

/** Reads a CSV file into the table `rows` in one go; lines that do not fit become rejected ones. Nothing is guessed. */
async function readFast(duck: Duck, file: string, columns: readonly string[], contract: Contract): Promise<Fast> {
  const types = columns.map((name) => `${literal(name)}: '${typeOfColumn(name, contract)}'`);
  for (const table of ['rows', 'reject_errors', 'reject_scans']) await duck.run(`DROP TABLE IF EXISTS ${table}`);
  await duck.run(
    `CREATE TEMP TABLE rows AS SELECT * FROM read_csv(${literal(file)}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {${types.join(', ')}}, store_rejects = true, rejects_limit = 0, max_line_size = 2097152)`,
  );
  const [{ n } = { n: 0n }] = await duck.rows('SELECT count(*) AS n FROM rows');
  const errors = await duck.rows(
    `SELECT line, any_value(column_name ORDER BY column_idx) AS name, any_value(error_type::VARCHAR ORDER BY column_idx) AS kind, any_value(csv_line) AS raw, any_value(error_message ORDER BY column_idx) AS message FROM reject_errors GROUP BY line ORDER BY line`,
  );
  return {
    rows: Number(n),
    rejected: errors.map(({ line, name, kind, raw, message }) => ({
      line: Number(line),
      raw: String(raw).replace(/^\r?\n/, ''),
      reason: reasonOf(String(kind), String(message)),
      ...(kind === 'CAST' ? { column: String(name) } : {}),
    })),
  };
}

function reasonOf(kind: string, message: string): string {
  const [, expected, found] = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message) ?? [];
  if (kind === 'TOO MANY COLUMNS' || kind === 'MISSING COLUMNS') return `${found} fields, expected ${expected}`;
  if (kind === 'CAST') return /Could not convert string "(.*)" to/s.exec(message)?.[1] ?? 'another type';
  if (kind === 'UNQUOTED VALUE') return 'a quote is not closed, or text follows a closing quote';
  if (kind === 'INVALID ENCODING' || kind === 'INVALID UNICODE') return 'not UTF-8';
  return kind.toLowerCase();
}

/** Features are typed; of the rest the id, time and label are kept as text. */
function typeOfColumn(name: string, contract: Contract): string {
  const feature = contract.features.find((f) => f.name === name);
  return feature ? sqlTypeOf(feature.type) : 'VARCHAR';
}

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
  const known = [...contract.features.map(({ name }) => name), ...otherColumns(contract)];
  const target = path.join(duck.scratch, 'lines.csv');
  const out = await open(target, 'w');
  const unreadable: Unreadable[] = [];
  const lineOfRow: number[] = [];
  const seen = new Set<string>();
  let lines = 0;
  let batch = `${known.map(field).join(',')}\n`;
  try {
    for await (const { number, bytes } of linesOf(file)) {
      lines++;
      const text = bytes.toString('utf8');
      const value = objectOf(text, known);
      if (typeof value === 'string') {
        unreadable.push({ line: number, raw: text, reason: value });
        continue;
      }
      for (const name of Object.keys(value)) seen.add(name);
      lineOfRow.push(number);
      batch += `${known.map((name) => field(value[name])).join(',')}\n`;
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
  const fast = await readFast(duck, target, known, contract);
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

function objectOf(text: string, known: readonly string[]): Record<string, unknown> | string {
  if (text.trim() === '') return 'the line is empty';
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
    const nested = Object.entries(value).find(([, v]) => typeof v === 'object' && v !== null);
    return nested
      ? `${known.includes(nested[0]) ? nested[0] : 'a value'} is nested, expected a plain value`
      : (value as Record<string, unknown>);
  } catch {
    return 'not JSON';
  }
}

const field = (value: unknown): string =>
  value === undefined || value === null ? '' : `"${String(value).replaceAll('"', '""')}"`;

const otherColumns = ({ data: { id, time, label, extra } }: Contract): string[] => [
  ...[id, time, label].filter((name) => name !== undefined),
  ...extra,
];

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
    return feature && !fits(type, sqlTypeOf(feature.type)) ? [`${name} is ${type}, expected ${feature.type}`] : [];
  });
  if (misfits.length > 0) throw new FileRejectedError('schema', misfits.join('; '));
  const select = columns.map((name) => `${identifier(name)}::${typeOfColumn(name, contract)} AS ${identifier(name)}`);
  try {
    await duck.run(`CREATE TEMP TABLE rows AS SELECT ${select.join(', ')} FROM read_parquet(${literal(file)})`);
  } catch (error) {
    throw new FileRejectedError('format', `not a readable Parquet file: ${firstLine(error)}`, { cause: error });
  }
  const [{ n } = { n: 0n }] = await duck.rows('SELECT count(*) AS n FROM rows');
  return { format: 'parquet', columns, rows: Number(n), unreadable: [], lines: Number(n), lineOf: (row) => row + 1 };
}

/** Whether a Parquet column can be read as the type without guessing. */
function fits(type: string, wanted: string): boolean {
  if (wanted === 'DOUBLE') return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*|BOOLEAN)$/.test(type);
  if (wanted === 'BOOLEAN') return type === 'BOOLEAN';
  return type === 'VARCHAR' || type.startsWith('ENUM');
}

const firstLine = (error: unknown): string =>
  String((error as Error).message)
    .split('\n')[0]!
    .slice(0, 200);
