import type { Contract, Feature } from '../../core/contract/contract.ts';
import { sqlTypeOf } from '../../core/contract/sql.ts';
import type { ExactColumn } from '../../core/contract/types/value-type.ts';
import { type Duck, identifier, literal } from '../../platform/duckdb/connection.ts';
import { createTypedRows, exactColumns, uncertainColumns } from './exact-columns.ts';
import type { Unreadable } from './lines.ts';

/** What the engine's own reader made of a CSV file. */
export interface ReadCsv {
  readonly rows: number;
  readonly rejected: Unreadable[];
}

/**
 * Reads a CSV file into the table `rows` in one go, with its view of typed rows; lines that do not fit become rejected
 * ones. Nothing is guessed.
 *
 * Columns are read as their types, and once more as text where that is not enough, which is rare and takes twice the
 * time: where an integer is so large that it may have lost digits, and where a number is missing in words (`NA`).
 */
export async function readCsv(
  duck: Duck,
  file: string,
  columns: readonly string[],
  contract: Contract,
): Promise<ReadCsv> {
  const exact = exactColumns(contract, columns);
  const features = new Map(contract.features.map((feature) => [feature.name, feature]));
  const read = async (asText: ReadonlySet<string>): Promise<void> => {
    const types = columns.map(
      (name) => `${literal(name)}: '${asText.has(name) ? 'VARCHAR' : readType(features.get(name))}'`,
    );
    const select = columns.map((name) =>
      asText.has(name) ? ofTextSql(name, readType(features.get(name)), exact.get(name)) : identifier(name),
    );
    // What is nothing of its type is among the rejected lines of the first reading.
    const typed = [...asText].map((name) => isTypedSql(name, readType(features.get(name))));
    for (const table of ['rows', 'reject_errors', 'reject_scans']) await duck.run(`DROP TABLE IF EXISTS ${table}`);
    await duck.run(
      `CREATE TEMP TABLE rows AS SELECT ${select.join(', ')} FROM read_csv(${literal(file)}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {${types.join(', ')}}, store_rejects = true, rejects_limit = 0, max_line_size = 2097152)` +
        (typed.length === 0 ? '' : ` WHERE ${typed.join(' AND ')}`),
    );
  };
  await read(new Set());
  const errors = await readErrors(duck);
  const asText = new Set(errors.filter(isMissing).map(({ column }) => column));
  for (let more = asText; ; ) {
    if (more.size > 0) await read(asText);
    // A row that was rejected before may have a large integer in another column.
    const uncertain = await uncertainColumns(duck, exact);
    more = new Set([...uncertain].filter((name) => !asText.has(name)));
    if (more.size === 0) break;
    for (const name of more) asText.add(name);
  }
  await createTypedRows(duck, exact, asText);
  const [{ n } = { n: 0n }] = await duck.rows('SELECT count(*) AS n FROM rows');
  return { rows: Number(n), rejected: rejectedLines(errors.filter((error) => !isMissing(error))) };
}

/** Features are typed; of the rest the id, time and label are kept as text. */
const readType = (feature: Feature | undefined): string =>
  feature === undefined ? 'VARCHAR' : sqlTypeOf(feature).column;

/** How a missing number or boolean is written besides nothing at all, as requests take it; for both kinds of engine. */
const MISSING = String.raw`\s*([+-]?nan|null|na)\s*`;
const MISSING_TEXT = new RegExp(`^${MISSING}$`, 'i');

const isMissingSql = (column: string): string => `regexp_full_match(${column}, ${literal(MISSING)}, 'i')`;

/** Whether the text of a column is a value of its type, or missing. */
function isTypedSql(name: string, type: string): string {
  const column = identifier(name);
  return `(${column} IS NULL OR ${isMissingSql(column)} OR TRY_CAST(${column} AS ${type}) IS NOT NULL)`;
}

/** A column that was read as text as the table has it, with its exact value where its type has one. */
function ofTextSql(name: string, type: string, exact: ExactColumn | undefined): string {
  const column = identifier(name);
  const typed = `CASE WHEN NOT ${isMissingSql(column)} THEN TRY_CAST(${column} AS ${type}) END AS ${column}`;
  return exact === undefined ? typed : `${typed}, ${exact.ofText(column)} AS ${exact.name(name)}`;
}

/** What was wrong with a line, or with one of its columns. */
interface ReadError {
  readonly line: number;
  readonly kind: string;
  readonly column: string;
  readonly raw: string;
  readonly reason: string;
}

const isMissing = ({ kind, reason }: ReadError): boolean => kind === 'CAST' && MISSING_TEXT.test(reason);

/** All that the engine found, by line and column. */
async function readErrors(duck: Duck): Promise<ReadError[]> {
  const errors = await duck.rows(
    'SELECT line, column_name, error_type::VARCHAR AS kind, csv_line, error_message FROM reject_errors ORDER BY line, column_idx',
  );
  return errors.map(({ line, column_name, kind, csv_line, error_message }) => ({
    line: Number(line),
    kind: String(kind),
    column: String(column_name),
    raw: String(csv_line).replace(/^\r?\n/, ''),
    reason: reasonOf(String(kind), String(error_message)),
  }));
}

/** One a line, for the first of its columns that is wrong. */
function rejectedLines(errors: readonly ReadError[]): Unreadable[] {
  const first = new Map<number, ReadError>();
  for (const error of errors) if (!first.has(error.line)) first.set(error.line, error);
  return [...first.values()].map(({ line, raw, reason, kind, column }) => ({
    line,
    raw,
    reason,
    ...(kind === 'CAST' ? { column } : {}),
  }));
}

function reasonOf(kind: string, message: string): string {
  const [, expected, found] = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message) ?? [];
  if (kind === 'TOO MANY COLUMNS' || kind === 'MISSING COLUMNS') return `${found} fields, expected ${expected}`;
  if (kind === 'CAST') return /Could not convert string "(.*)" to/s.exec(message)?.[1] ?? 'another type';
  if (kind === 'UNQUOTED VALUE') return 'a quote is not closed, or text follows a closing quote';
  if (kind === 'INVALID ENCODING' || kind === 'INVALID UNICODE') return 'not UTF-8';
  return kind.toLowerCase();
}
