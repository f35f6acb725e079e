import type { Baseline } from '../../core/profile/profile.ts';
import type { BaselineOptions } from './baseline-options.ts';
import { baselineOfRequests } from './from-requests.ts';
import { baselineOfTable } from './from-table.ts';
import { type ReferenceTable, withReference } from './reference-table.ts';

/**
 * Makes a baseline of reference data: of requests where an input of the contract is a whole tensor, which no table has
 * a column for, else of the rows of a table.
 *
 * @throws FileRejectedError when a table does not have the contract's columns
 * @throws JsonLinesError when a line is no request that the model takes
 */
export const buildBaseline = (options: BaselineOptions): Promise<Baseline> => {
  const { dataFile, manifest, signature } = options;
  const read = { contract: manifest.contract, signature };
  return withReference(dataFile, read, (table) => baselineOfReference(table, options));
};

/** The same of reference data that is open. */
export const baselineOfReference = (table: ReferenceTable | undefined, options: BaselineOptions): Promise<Baseline> =>
  table === undefined ? baselineOfRequests(options) : baselineOfTable(table, options);
