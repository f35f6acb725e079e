import type { Profile } from '../../core/profile/profile.ts';
import { batchesOf, type ProfiledColumn } from '../../platform/duckdb/column-batch.ts';
import { type Duck, identifier, literal, withDuck } from '../../platform/duckdb/connection.ts';
import { profileRelation } from '../../platform/duckdb/profile.ts';
import { UnsupportedFileError } from './errors.ts';

/** Numbers in a text column from which it counts as numeric: all that are there. */
const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*)$/;

/** Profiles a file of any form, without a contract: a column is numeric when all its values are. */
export async function profileAnyFile(file: string): Promise<Profile> {
  return withDuck(undefined, async (duck) => {
    const reader = readerOf(file);
    const found = (await duck.rows(`DESCRIBE SELECT * FROM ${reader}`)).map(({ column_name, column_type }) => ({
      name: String(column_name),
      type: String(column_type),
    }));
    await duck.run(`CREATE TEMP TABLE file AS SELECT * FROM ${reader}`);
    const texts = found.filter(({ type }) => type === 'VARCHAR').map(({ name }) => name);
    const numbers = await columnsOfNumbers(duck, texts);
    const columns = found.map(({ name, type }): ProfiledColumn => {
      const column = identifier(name);
      return NUMERIC.test(type) || numbers.has(name)
        ? { name, kind: 'numeric', expression: `TRY_CAST(${column} AS DOUBLE)` }
        : { name, kind: 'categorical', expression: `${column}::VARCHAR` };
    });
    return profileRelation(duck, 'file', columns);
  });
}

/** Columns of text that have values, all of which are numbers. */
async function columnsOfNumbers(duck: Duck, names: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const batch of batchesOf(names, 1)) {
    const counts = batch.map((name, i) => {
      const column = identifier(name);
      return `count(t.${column}) AS some${i}, count(TRY_CAST(t.${column} AS DOUBLE)) AS numbers${i}`;
    });
    const [row = {}] = await duck.rows(`SELECT ${counts.join(', ')} FROM file t`);
    for (const [i, name] of batch.entries())
      if (Number(row[`some${i}`]) > 0 && row[`some${i}`] === row[`numbers${i}`]) found.add(name);
  }
  return found;
}

/**
 * The table function with which DuckDB reads a file. All columns of a CSV file are text: DuckDB is to guess no types.
 *
 * @throws UnsupportedFileError when the name of the file has another ending
 */
export function readerOf(file: string): string {
  if (/\.parquet$/.test(file)) return `read_parquet(${literal(file)})`;
  if (/\.(jsonl|ndjson)(\.gz)?$/.test(file)) return `read_json(${literal(file)}, format = 'newline_delimited')`;
  if (/\.csv(\.gz)?$/.test(file))
    return `read_csv(${literal(file)}, header = true, delim = ',', quote = '"', escape = '"', all_varchar = true, nullstr = '')`;
  throw new UnsupportedFileError(file, ['.csv', '.jsonl', '.ndjson', '.parquet']);
}
