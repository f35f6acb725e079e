import type { Profile } from '../../core/profile/profile.ts';
import type { ProfiledColumn } from '../../platform/duckdb/column-batch.ts';
import { identifier, literal, withDuck } from '../../platform/duckdb/connection.ts';
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
    const columns: ProfiledColumn[] = [];
    for (const { name, type } of found) {
      const column = identifier(name);
      const numeric = NUMERIC.test(type) || (type === 'VARCHAR' && (await allNumbers(duck.rows, column)));
      columns.push(
        numeric
          ? { name, kind: 'numeric', expression: `TRY_CAST(${column} AS DOUBLE)` }
          : { name, kind: 'categorical', expression: `${column}::VARCHAR` },
      );
    }
    return profileRelation(duck, 'file', columns);
  });
}

async function allNumbers(rows: (sql: string) => Promise<Record<string, unknown>[]>, column: string): Promise<boolean> {
  const [{ some, bad } = { some: 0n, bad: 0n }] = await rows(
    `SELECT count(${column}) AS some, count(*) FILTER (WHERE ${column} IS NOT NULL AND TRY_CAST(${column} AS DOUBLE) IS NULL) AS bad FROM file`,
  );
  return Number(some) > 0 && Number(bad) === 0;
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
