import path from 'node:path';
import type { Home } from '../../platform/ports.ts';
import { findReport } from '../validation/find-reports.ts';
import type { DropReport } from '../validation/report.ts';
import { quarantineFolder } from '../validation/validate-drop.ts';
import { RowsRefusedError } from './errors.ts';
import { RowStates, type RowsReturn, settledReturns } from './returns.ts';

/** The quarantined rows of a drop, and what has become of them. */
export interface OpenedQuarantine {
  readonly report: DropReport;
  /** Copy of the rows on this machine. */
  readonly file: string;
  /** Of what the copy was made of. */
  readonly etag: string;
  readonly returns: readonly RowsReturn[];
  readonly states: RowStates;
}

/** Where the quarantined rows of a drop are. */
export const rowsKey = ({ dataset, drop }: Pick<DropReport, 'dataset' | 'drop'>): string =>
  `${quarantineFolder(dataset, drop)}/rows.jsonl`;

/**
 * Copies the quarantined rows of a drop to a folder, and reads what has become of them.
 *
 * @param said id of the drop, or the key of its file
 * @throws UnknownDropError
 * @throws RowsRefusedError when it has none
 */
export async function openQuarantine(home: Home, said: string, work: string): Promise<OpenedQuarantine> {
  const report = await findReport(home, said);
  const key = rowsKey(report);
  if (!(await home.data.head(key))) {
    const why =
      report.verdict === 'rejected'
        ? `it was rejected whole before its rows were looked at: ${report.rejection?.reason}`
        : 'all of its rows keep the contract, or were erased';
    throw new RowsRefusedError(`drop ${report.drop} (${report.source.key}) has no quarantined rows: ${why}`);
  }
  const file = path.join(work, 'rows.jsonl');
  const { etag } = await home.data.download(key, file);
  const returns = await settledReturns(home, report);
  return { report, file, etag, returns, states: new RowStates(returns) };
}

/** @throws RowsRefusedError when rows of a drop cannot become a version by themselves */
export function assertReturnable({ drop, verdict, rejection, mends, source }: DropReport): void {
  if (mends !== null)
    throw new RowsRefusedError(
      `drop ${drop} mends rows of drop ${mends}, and what is still wrong in it is open there: name ${mends}`,
    );
  if (verdict === 'rejected')
    throw new RowsRefusedError(
      `drop ${drop} was rejected whole (${rejection?.reason}), so its good rows are no version either: mend the contract and run \`trimtab validate --redo ${drop}\`, or drop a mended ${source.key.split('/').at(-1)}`,
    );
}
