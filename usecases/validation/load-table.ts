import type { Contract } from '../../core/contract/contract.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import { FileRejectedError } from './errors.ts';
import { KNOWN_NAMES } from './json-line.ts';
import { loadFile } from './load-file.ts';
import type { Loaded } from './loaded.ts';

/**
 * Loads a file for whoever takes its rows without giving a verdict on each: what lines of JSON lack, or have besides,
 * would be lost on the way without a word.
 *
 * @throws FileRejectedError when it does not have the contract's columns, or others
 */
export async function loadTable(duck: Duck, file: string, contract: Contract): Promise<Loaded> {
  const loaded = await loadFile(duck, file, contract);
  const { absent = [], faults, rows } = loaded;
  const strange = faults.get(KNOWN_NAMES) ?? 0;
  if (strange > 0) throw new FileRejectedError('schema', `${strange} lines have names that the contract does not know`);
  if (rows > 0 && absent.length > 0)
    throw new FileRejectedError('schema', `missing columns: ${absent.join(', ')}: no line has them`);
  return loaded;
}
