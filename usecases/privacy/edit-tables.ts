import { parquetText } from '../../core/contract/cells/parquet-text.ts';
import { isInstantType, isNumberType } from '../../core/contract/cells/parquet-types.ts';
import { identifier, literal, plainPath, withDuck } from '../../platform/duckdb/connection.ts';
import { withParquet } from '../validation/parquet-file.ts';
import type { Subject } from './data-owners.ts';
import { editJsonLines } from './edit-json-lines.ts';
import { type EditedTable, magicOf } from './edit-lines.ts';
import { editRecords } from './edit-records.ts';

/**
 * Takes a subject's rows out of a data file of whatever form; records that are no rows go when they mention it.
 *
 * @param name of the file, by which validation reads it
 * @throws FileRejectedError when it is no table
 */
export async function editTable(from: string, to: string, subject: Subject, name: string): Promise<EditedTable> {
  if ((await magicOf(from)) === 'PAR1') return editParquet(from, to, subject);
  if (await isJsonLines(from, name)) return editJsonLines(from, to, subject);
  return editRecords(from, to, subject, name);
}

/** As the ending of the name says; where it says nothing, as the file begins. */
async function isJsonLines(file: string, name: string): Promise<boolean> {
  if (/\.(jsonl|ndjson)(\.gz)?$/.test(name)) return true;
  if (/\.(csv|tsv)(\.gz)?$/.test(name)) return false;
  return /^(\xef\xbb\xbf)?\s*\{/.test(await magicOf(file, BEGINNING));
}

/** Bytes by which the form of a file is told. */
const BEGINNING = 4096;

/** Parquet without a subject's rows. A table of the same columns is left, also when no row is. */
export async function editParquet(from: string, to: string, subject: Subject): Promise<EditedTable> {
  return withDuck({ memoryMb: 1024 }, async (duck) => {
    const source = literal(await plainPath(duck, from));
    const table = `read_parquet(${source}, file_row_number = true, hive_partitioning = false)`;
    // The engine has other names for some than the file itself has, and other texts for numbers and instants than a verdict.
    const found = await withParquet(duck, from, (parquet) => Promise.resolve(parquet.columns));
    const columns = (await duck.rows(`DESCRIBE SELECT * FROM read_parquet(${source}, hive_partitioning = false)`))
      .map(({ column_name }, i) => {
        const { name, type, sql } = found[i]!;
        const own = identifier(String(column_name));
        return { name, text: isNumberType(type) || isInstantType(type) ? parquetText(sql, type) : `${own}::VARCHAR` };
      })
      .filter(({ name }) => subject.owner.subjects.has(name));
    const [{ n } = { n: 0n }] = await duck.rows(`SELECT count(*) AS n FROM ${table}`);
    if (columns.length === 0) return { gone: 0, left: Number(n), named: false };
    const tests = columns.map(({ name, text }, i) => {
      duck.define(`is_subject_${i}`, (cell) => (subject.is(name, cell) ? 'yes' : 'no'));
      return `is_subject_${i}(${text}) = 'yes'`;
    });
    await duck.run(`CREATE TEMP TABLE gone AS SELECT file_row_number AS row FROM ${table} WHERE ${tests.join(' OR ')}`);
    const [{ g } = { g: 0n }] = await duck.rows('SELECT count(*) AS g FROM gone');
    if (Number(g) > 0)
      await duck.run(
        `COPY (SELECT * EXCLUDE (file_row_number) FROM ${table} WHERE file_row_number NOT IN (SELECT row FROM gone) ORDER BY file_row_number) TO ${literal(to)} (FORMAT parquet, COMPRESSION zstd)`,
      );
    return { gone: Number(g), left: Number(n) - Number(g), named: true };
  });
}
