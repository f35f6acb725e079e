import { stat } from 'node:fs/promises';
import path from 'node:path';
import { columnRules } from '../../core/contract/column-rules.ts';
import type { Contract } from '../../core/contract/contract.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import { FileRejectedError } from './errors.ts';
import { isJsonArray } from './json-array.ts';
import { FEW_COLUMNS, keepOnDisk } from './keep-on-disk.ts';
import { loadCsv } from './load-csv.ts';
import { loadJsonLines } from './load-json-lines.ts';
import { loadParquet } from './load-parquet.ts';
import type { Loaded } from './loaded.ts';
import { unpackDataFile } from './unpack-file.ts';

/**
 * Loads a file by the ending of its name; `.gz` behind it is unpacked.
 *
 * @param now arrival of the file, from which the future is told
 * @throws FileRejectedError when it is no table of the contract
 */
export async function loadFile(duck: Duck, packed: string, contract: Contract, now = new Date()): Promise<Loaded> {
  const file = await unpackDataFile(duck, packed);
  const rules = { contract, columns: columnRules(contract, now) };
  const { size } = await stat(file);
  if (size > IN_MEMORY_BYTES || contract.features.length > FEW_COLUMNS) await keepOnDisk(duck);
  if (file.endsWith('.parquet')) return loadParquet(duck, file, rules);
  if (/\.(jsonl|ndjson)$/.test(file)) return loadJsonLines(duck, file, rules);
  if (/\.(csv|tsv)$/.test(file)) return loadCsv(duck, file, rules);
  throw new FileRejectedError(
    'format',
    `'${path.basename(file)}' is none of .csv, .tsv, .jsonl, .ndjson, .parquet${isJsonArray(file) ? ': write each object of the array on a line of its own, in a .jsonl file' : ''}`,
  );
}

/** Larger files become tables on disk: compressed, and without a copy of what does not fit into memory. */
const IN_MEMORY_BYTES = 64 * 1024 * 1024;
