import type { Contract } from '../../core/contract/contract.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import { FileRejectedError } from './errors.ts';
import { writeJsonLines } from './json-array.ts';
import { KNOWN_NAMES } from './json-line.ts';
import { loadFile } from './load-file.ts';
import type { Loaded } from './loaded.ts';
import { unpackDataFile } from './unpack-file.ts';

/**
 * Loads a file for whoever takes its rows without giving a verdict on each: what lines of JSON lack, or have besides,
 * would be lost on the way without a word.
 *
 * @throws FileRejectedError when it does not have the contract's columns, or others
 */
export async function loadTable(duck: Duck, file: string, contract: Contract): Promise<Loaded> {
  const loaded = await loadFile(duck, await rowsFile(duck, file), contract);
  const { absent = [], faults, rows } = loaded;
  const strange = faults.get(KNOWN_NAMES) ?? 0;
  if (strange > 0) throw new FileRejectedError('schema', `${strange} lines have names that the contract does not know`);
  if (rows > 0 && absent.length > 0)
    throw new FileRejectedError('schema', `missing columns: ${absent.join(', ')}: no line has them`);
  return loaded;
}

/** Of an array of JSON its elements as lines, any other file itself: of whoever gives a verdict it is none. */
async function rowsFile(duck: Duck, file: string): Promise<string> {
  if (!/\.json(\.gz)?$/.test(file)) return file;
  return writeJsonLines(await unpackDataFile(duck, file), duck.scratch);
}
