import type { Contract } from '../../core/contract/contract.ts';
import { type Duck, withDuck } from '../../platform/duckdb/connection.ts';
import { resourceError } from '../validation/errors.ts';
import { loadTable } from '../validation/load-table.ts';

/** Reference data that is open: the view `rows` of its values, read by a contract, once for all who ask of them. */
export interface ReferenceTable {
  readonly duck: Duck;
  /** Columns that the data has. */
  readonly present: readonly string[];
  readonly rows: number;
}

const MEMORY_MB = 1024;

/**
 * Opens reference data, and works with it.
 *
 * @param work is given no table where the contract has whole tensors, for which no table has columns
 * @throws FileRejectedError when the data does not have the contract's columns
 * @throws ResourceExhaustedError when memory or disk did not suffice
 */
export async function withReference<T>(
  dataFile: string,
  contract: Contract,
  work: (table: ReferenceTable | undefined) => Promise<T>,
): Promise<T> {
  if (contract.tensors.length > 0) return work(undefined);
  return withDuck({ memoryMb: MEMORY_MB }, async (duck) => {
    const { columns, rows } = await loadTable(duck, dataFile, contract);
    return work({ duck, present: columns.map(({ name }) => name), rows });
  }).catch((error: unknown) => {
    throw resourceError(error);
  });
}
