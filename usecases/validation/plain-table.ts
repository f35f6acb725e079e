import path from 'node:path';
import type { Duck } from '../../platform/duckdb/connection.ts';
import { UnsupportedFileError } from './errors.ts';
import { isJsonArray, writeJsonLines } from './json-array.ts';
import type { PlainTable } from './plain-column.ts';
import { openPlainCsv } from './plain-csv.ts';
import { openPlainJsonLines } from './plain-json-lines.ts';
import { withPlainParquet } from './plain-parquet.ts';
import { unpackDataFile } from './unpack-file.ts';

/**
 * Opens a file that is held to no contract, and works with it. It is read as a validation reads it: of CSV every column
 * as text, of other formats the values that are written.
 *
 * @param work is called again where the engine stumbles over a value of Parquet
 * @throws UnsupportedFileError when the name of the file has another ending
 * @throws FileRejectedError when it is no table
 */
export async function withPlainTable<T>(
  duck: Duck,
  source: string,
  work: (table: PlainTable) => Promise<T>,
): Promise<T> {
  if (!/\.(csv|tsv|jsonl|ndjson|json|parquet)(\.gz)?$/.test(source))
    throw new UnsupportedFileError(source, ['.csv', '.tsv', '.jsonl', '.ndjson', '.json', '.parquet']);
  const file = await unpackDataFile(duck, source);
  if (file.endsWith('.parquet')) return withPlainParquet(duck, file, work);
  const target = path.join(duck.scratch, 'plain.csv');
  if (isJsonArray(file)) {
    const table = await openPlainJsonLines(await writeJsonLines(file, duck.scratch), target, 'record');
    return work({ ...table, array: true });
  }
  const open = /\.(csv|tsv)$/.test(file) ? openPlainCsv : openPlainJsonLines;
  return work(await open(file, target));
}
