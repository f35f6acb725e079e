import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { isTooPrecise } from '../../core/contract/cells/parquet-sql.ts';
import { type Duck, identifier, literal, plainPath, type Row } from '../../platform/duckdb/connection.ts';
import { findContradiction } from '../../platform/duckdb/parquet-counts.ts';
import { copyStored } from '../../platform/duckdb/parquet-footer.ts';
import { FileRejectedError } from './errors.ts';
import { contradictoryFile, damagedFile, isDamage, isStumble } from './parquet-damage.ts';
import {
  halfDecimalSql,
  int96Nanos,
  singleDecimalSql,
  timeOfDayText,
  timestampText,
  UNITS,
  utf8Text,
} from './stored-sql.ts';

export interface ParquetColumn {
  /** As the file's footer has it: the engine makes up others where a name stands twice, or is none. */
  readonly name: string;
  /** What the file says that it is, in the engine's words. */
  readonly declared: string;
  /** Type of the expression: of what the engine does not keep as it is, its text has the digits. */
  readonly type: string;
  /** Expression of its values over the relation of the file. */
  readonly sql: string;
}

/** Why a column cannot be read, where its decimals are of more digits than the engine keeps. */
export const tooPrecise = ({ name, declared }: ParquetColumn): string[] =>
  isTooPrecise(declared) ? [`${name} is ${declared}: no more than 38 digits are read exactly`] : [];

/** A Parquet file to be read by SQL. */
export interface ParquetFile {
  readonly columns: readonly ParquetColumn[];
  /** Relation with a column for each. @param named gives what each is called there */
  relation(named: (name: string, index: number) => string): string;
}

/**
 * Reads a Parquet file with every value as it is stored. What the engine would cut (times of nanoseconds) is read from a
 * copy in which it is no time but an integer; so is, when the engine stumbles over one value, all that it may have
 * stumbled over: one value is a matter of its row.
 *
 * @param work does not hold on to the relation of the file when it is called again
 * @throws FileRejectedError when the file cannot be read
 */
export async function withParquet<T>(
  duck: Duck,
  source: string,
  work: (parquet: ParquetFile) => Promise<T>,
): Promise<T> {
  const file = await plainPath(duck, source);
  try {
    return await readWith(duck, file, false, work);
  } catch (error) {
    if (!(error instanceof FileRejectedError) || !isStumble(error.cause)) throw error;
    return readWith(duck, file, true, work);
  }
}

async function readWith<T>(
  duck: Duck,
  file: string,
  stored: boolean,
  work: (parquet: ParquetFile) => Promise<T>,
): Promise<T> {
  let parquet: ParquetFile | undefined;
  try {
    parquet = await openParquet(duck, file, stored);
    return await work(parquet);
  } catch (error) {
    if (error instanceof FileRejectedError || !isDamage(error)) throw error;
    const known = parquet === undefined || (!stored && isStumble(error));
    throw damagedFile(error, file, known ? [] : await unreadable(duck, parquet!));
  }
}

/** Columns that cannot be read while others can. */
async function unreadable(duck: Duck, { columns, relation }: ParquetFile): Promise<string[]> {
  const found: string[] = [];
  for (const [i, { name }] of columns.entries()) {
    try {
      await duck.run(`SELECT max(hash(t${i})) FROM ${relation((_, index) => `t${index}`)}`);
    } catch {
      found.push(name);
    }
  }
  return found.length < columns.length ? found : [];
}

async function openParquet(duck: Duck, file: string, stored: boolean): Promise<ParquetFile> {
  const described = await duck.rows(`DESCRIBE SELECT * FROM ${reader(file)}`);
  const elements = topLevel(await duck.rows(`SELECT * FROM parquet_schema(${literal(file)})`));
  const contradiction = stored ? undefined : await findContradiction(file);
  if (contradiction !== undefined) throw contradictoryFile(contradiction);
  const nul = elements.findIndex(({ name }) => name.includes('\0'));
  // No query can have the name.
  if (nul !== -1) throw new FileRejectedError('schema', `the name of column ${nul + 1} has NUL: expected text without`);
  const taken = new Set<number>();
  const columns = described.map(({ column_name, column_type }, i) => {
    const engine = String(column_type);
    const element = elements[i];
    const name = element?.name ?? String(column_name);
    const sql = identifier(String(column_name));
    const own = element === undefined ? undefined : special(element, engine, sql);
    if (own !== undefined) return { name, ...own };
    const text = element === undefined ? undefined : storedText(element, engine, sql, stored);
    if (text === undefined) return { name, declared: engine, type: engine, sql };
    taken.add(element!.index);
    return { name, declared: engine, type: 'VARCHAR', sql: text };
  });
  let source = file;
  if (taken.size > 0) {
    source = path.join(duck.scratch, `stored-${randomUUID()}.parquet`);
    await copyStored(file, source, taken);
  }
  return {
    columns,
    relation: (named) =>
      `(SELECT ${columns.map(({ name, sql }, i) => `${sql} AS ${named(name, i)}`).join(', ')} FROM ${reader(source)})`,
  };
}

/** What its folders are called says nothing about a file. */
const reader = (file: string): string => `read_parquet(${literal(file)}, hive_partitioning = false)`;

/** An element of the file's schema. */
interface Element {
  readonly index: number;
  readonly name: string;
  readonly physical: string;
  readonly converted: string;
  readonly logical: string;
  readonly precision: number;
  readonly scale: number;
}

/** The elements that are columns of the table, in their order. */
function topLevel(schema: readonly Row[]): Element[] {
  const columns: Element[] = [];
  const after = (index: number): number => {
    let next = index + 1;
    for (let child = 0; child < Number(schema[index]?.num_children ?? 0); child++) next = after(next);
    return next;
  };
  for (let index = 1; index < schema.length; index = after(index)) {
    const { name, type, converted_type, logical_type, precision, scale } = schema[index]!;
    columns.push({
      index,
      name: String(name),
      physical: String(type),
      converted: String(converted_type),
      logical: String(logical_type),
      precision: Number(precision ?? 0),
      scale: Number(scale ?? 0),
    });
  }
  return columns;
}

/** What the engine takes for something else. */
function special(
  { logical, converted, precision, scale }: Element,
  engine: string,
  column: string,
): Omit<ParquetColumn, 'name'> | undefined {
  if (logical.startsWith('NullType')) return { declared: 'NULL', type: 'VARCHAR', sql: 'NULL::VARCHAR' };
  if (logical.startsWith('Float16')) return { declared: engine, type: 'DOUBLE', sql: halfDecimalSql(column) };
  if (engine === 'FLOAT') return { declared: engine, type: 'DOUBLE', sql: singleDecimalSql(column) };
  const decimal = converted === 'DECIMAL' || logical.startsWith('DecimalType');
  if (!decimal || engine.startsWith('DECIMAL')) return undefined;
  const declared = `DECIMAL(${precision}, ${scale})`;
  return { declared, type: declared, sql: column };
}

/**
 * The text of a column that is read as it is stored; undefined for one that the engine reads.
 *
 * @param stored whether the engine stumbled over a value
 */
function storedText(element: Element, engine: string, column: string, stored: boolean): string | undefined {
  const zoned = engine.endsWith('WITH TIME ZONE');
  if (element.physical === 'INT96') return timestampText(int96Nanos(column), zoned);
  if (engine.startsWith('TIME')) {
    const unit = unitOf(element);
    // Local times of nanoseconds are the engine's own.
    const cut = unit === 'NANOS' && engine !== 'TIMESTAMP_NS';
    if (unit === undefined || !(cut || stored)) return undefined;
    // The engine's own text of nanoseconds, with a zone as most times are written: both are far faster.
    if (cut && !stored && engine.startsWith('TIMESTAMP')) return `(make_timestamp_ns(${column})::VARCHAR || '+00:00')`;
    const nanos = `(${column}::HUGEINT * ${UNITS[unit]})`;
    return engine.startsWith('TIMESTAMP') ? timestampText(nanos, zoned) : timeOfDayText(nanos, zoned);
  }
  return stored && engine === 'VARCHAR' && element.physical === 'BYTE_ARRAY' ? utf8Text(column) : undefined;
}

function unitOf({ logical, converted }: Element): keyof typeof UNITS | undefined {
  const units = Object.keys(UNITS) as (keyof typeof UNITS)[];
  return (
    units.find((unit) => logical.includes(`${unit}=`) && !logical.includes(`${unit}=<null>`)) ??
    units.find((unit) => converted.endsWith(`_${unit}`))
  );
}
