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
 * Reads a CSV file into the table `rows` in one go, with its view of typed rows; lines that do not fit become rejected ones. Nothing is guessed.
 *
 * A column of integers is read as numbers, and once more as text where one of them is so large that it may have lost
 * digits, which is rare: text for all would double the time.
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
    const select = columns.map((name) => columnsSql(name, asText.has(name) ? exact.get(name) : undefined));
    // What was no number at all is among the rejected lines of the first reading.
    const numbers = [...asText].map((name) => `(${identifier(name)} IS NULL OR ${asDouble(name)} IS NOT NULL)`);
    for (const table of ['rows', 'reject_errors', 'reject_scans']) await duck.run(`DROP TABLE IF EXISTS ${table}`);
    await duck.run(
      `CREATE TEMP TABLE rows AS SELECT ${select.join(', ')} FROM read_csv(${literal(file)}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {${types.join(', ')}}, store_rejects = true, rejects_limit = 0, max_line_size = 2097152)` +
        (numbers.length === 0 ? '' : ` WHERE ${numbers.join(' AND ')}`),
    );
  };
  await read(new Set());
  const rejected = await rejectedLines(duck);
  const uncertain = await uncertainColumns(duck, exact);
  if (uncertain.size > 0) await read(uncertain);
  await createTypedRows(duck, exact, uncertain);
  const [{ n } = { n: 0n }] = await duck.rows('SELECT count(*) AS n FROM rows');
  return { rows: Number(n), rejected };
}

const asDouble = (name: string): string => `TRY_CAST(${identifier(name)} AS DOUBLE)`;

/** Features are typed; of the rest the id, time and label are kept as text. */
const readType = (feature: Feature | undefined): string =>
  feature === undefined ? 'VARCHAR' : sqlTypeOf(feature).column;

/** A column of the file as the table has it; one that was read as text also with its exact value. */
function columnsSql(name: string, exact: ExactColumn | undefined): string {
  const column = identifier(name);
  if (exact === undefined) return column;
  return `${asDouble(name)} AS ${column}, ${exact.ofText(column)} AS ${exact.name(name)}`;
}

async function rejectedLines(duck: Duck): Promise<Unreadable[]> {
  const errors = await duck.rows(
    `SELECT line, any_value(column_name ORDER BY column_idx) AS name, any_value(error_type::VARCHAR ORDER BY column_idx) AS kind, any_value(csv_line) AS raw, any_value(error_message ORDER BY column_idx) AS message FROM reject_errors GROUP BY line ORDER BY line`,
  );
  return errors.map(({ line, name, kind, raw, message }) => ({
    line: Number(line),
    raw: String(raw).replace(/^\r?\n/, ''),
    reason: reasonOf(String(kind), String(message)),
    ...(kind === 'CAST' ? { column: String(name) } : {}),
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
