import type { Home } from '../../platform/ports.ts';
import { fileOfDrop } from '../validation/drop-id.ts';
import { datasetsWithReports, reportsOf } from '../validation/find-reports.ts';
import type { DropReport } from '../validation/report.ts';
import { readReturns } from './returns.ts';
import { countStates } from './row-states.ts';
import type { RowsListView } from './rows-view.ts';

export interface ListOptions {
  /** @default all */
  readonly dataset: string | undefined;
  /** How many drops, the newest. */
  readonly limit: number;
  /** Only drops that have rows which are open. */
  readonly open: boolean;
}

/**
 * Drops that have quarantined rows, the newest first. Counts are those of the verdict: rows that were erased since are
 * among them. Mended files are no drops of their own here: what is wrong in them is open in the drop that they mend.
 */
export async function listRows(home: Home, { dataset, limit, open }: ListOptions): Promise<RowsListView> {
  const newest: RowsListView['drops'] = [];
  let all = 0;
  const datasets = dataset === undefined ? datasetsWithReports(home) : [dataset];
  for await (const name of datasets)
    for await (const verdicts of verdictsByFile(home, name))
      for (const report of verdicts) {
        if (!hasRows(report)) continue;
        const drop = await describe(home, report, verdicts.at(-1)!);
        if (open && (drop.states.open === 0 || drop.judgedAgainAs !== null)) continue;
        all++;
        newest.push(drop);
        if (newest.length < 2 * limit) continue;
        newest.sort(newerFirst).length = limit;
      }
  const drops = newest.sort(newerFirst).slice(0, limit);
  return { dataset: dataset ?? null, drops, more: all - drops.length };
}

/** Verdicts on each file of a dataset, oldest first: their ids begin alike, so they are listed one after the other. */
async function* verdictsByFile(home: Home, dataset: string): AsyncGenerator<DropReport[]> {
  let verdicts: DropReport[] = [];
  for await (const report of reportsOf(home, dataset)) {
    const [first] = verdicts;
    if (first && fileOfDrop(first.drop) !== fileOfDrop(report.drop)) {
      yield verdicts.sort(olderFirst);
      verdicts = [];
    }
    verdicts.push(report);
  }
  if (verdicts.length > 0) yield verdicts.sort(olderFirst);
}

const olderFirst = (a: DropReport, b: DropReport): number => Number(a.at > b.at) - Number(a.at < b.at);

/** Whether rows were looked at and some were bad; of a file rejected whole its good rows count as quarantined, too. */
const hasRows = ({ rows, reasons, mends }: DropReport): boolean =>
  mends === null && rows.quarantined > 0 && reasons.length > 0;

type ListedDrop = RowsListView['drops'][number];

const newerFirst = (a: ListedDrop, b: ListedDrop): number => Number(a.at < b.at) - Number(a.at > b.at);

async function describe(home: Home, report: DropReport, last: DropReport): Promise<ListedDrop> {
  const { dataset, drop, source, at, contract, verdict, rows, reasons } = report;
  const states = countStates(rows.quarantined, await readReturns(home, report));
  const judgedAgainAs = last.drop === drop ? null : last.drop;
  const { quarantined } = rows;
  return { dataset, drop, key: source.key, at, contract, verdict, judgedAgainAs, quarantined, states, reasons };
}
