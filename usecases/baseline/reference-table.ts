import { withInputTypes } from '../../core/contract/bind.ts';
import type { Contract } from '../../core/contract/contract.ts';
import type { Signature } from '../../core/model/signature.ts';
import { type Duck, withDuck } from '../../platform/duckdb/connection.ts';
import { loadTable } from '../validation/load-table.ts';
import { withinResources } from './reference-resources.ts';

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
 * @throws ReferenceTooLargeError when memory or disk does not suffice
 */
export function withReference<T>(
  dataFile: string,
  { contract, signature }: { readonly contract: Contract; readonly signature: Pick<Signature, 'inputs'> },
  work: (table: ReferenceTable | undefined) => Promise<T>,
): Promise<T> {
  if (contract.tensors.length > 0) return withinResources(dataFile, () => work(undefined));
  return withinResources(dataFile, () =>
    withDuck({ memoryMb: MEMORY_MB }, async (duck) => {
      const { columns, rows } = await loadTable(duck, dataFile, withInputTypes(contract, signature));
      return work({ duck, present: columns.map(({ name }) => name), rows });
    }),
  );
}
