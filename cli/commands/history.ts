import type { Command as Program } from 'commander';
import type { HistoryAtView, HistoryView, VerificationView } from '../../usecases/registry/history-view.ts';
import { readEntryAt } from '../../usecases/registry/read-history.ts';
import { parseCount, parseTime } from '../arguments.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { CheckFailedError } from '../errors.ts';
import { formatRelease } from '../output/release.ts';
import { table } from '../output/table.ts';

/** Entries that are shown of a long ledger. */
const PAGE = 50;

interface HistoryOptions {
  readonly last: number;
  readonly before?: number;
  readonly all?: true;
  readonly at?: string;
  readonly verify?: true;
}

/** Shows the ledger of a model, as it is or as it was, and verifies it. */
export function addHistory(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('history <model>')
    .description('everything that ever happened to a model')
    .option('--last <count>', 'how many entries, the last ones', parseCount, PAGE)
    .option('--before <number>', 'end before the entry of this number', parseCount)
    .option('--all', 'every entry')
    .option('--at <time>', 'what was true at a time, ISO 8601')
    .option('--verify', 'look whether everything is as it was written')
    .action((model: string, own: HistoryOptions) =>
      withHome(io, options(), async ({ ledger }, registry) => {
        if (own.verify) {
          const report: VerificationView = { model, ...(await registry.verify(model)) };
          print(io, options(), report, formatVerification);
          const { length } = report.faults;
          if (length > 0)
            throw new CheckFailedError(
              `the ledger of ${model} is not as it was written: ${length} ${length === 1 ? 'fault' : 'faults'}`,
            );
          return;
        }
        const at = own.at === undefined ? undefined : parseTime(own.at).toISOString();
        if (at === undefined) {
          const limit = own.all ? Number.MAX_SAFE_INTEGER : own.last;
          const page: HistoryView = { model, ...(await registry.lastEntries(model, { limit, before: own.before })) };
          return print(io, options(), page, formatHistory);
        }
        const entry = await readEntryAt(ledger, model, at);
        if (!entry) {
          const [first] = (await registry.lastEntries(model, { limit: 1, before: 2 })).entries;
          throw new CheckFailedError(`nothing had happened to ${model} at ${at}; its first entry is of ${first?.at}`);
        }
        const then: HistoryAtView = { model, at, entry };
        print(io, options(), then, formatHistoryAt);
      }),
    );
}

function formatHistory({ entries, earlier }: HistoryView): string {
  const shown = formatEntries(entries);
  const [first] = entries;
  if (earlier === 0 || first === undefined) return shown;
  return `${shown}\n${earlier} earlier: --before ${first.number}, or --all`;
}

const formatEntries = (entries: HistoryView['entries']): string =>
  table(
    ['#', 'at', 'what', 'version', 'champion', 'by', 'why'],
    entries.map((e) => [
      e.number,
      e.at.slice(0, 19).replace('T', ' '),
      e.kind,
      e.version,
      e.state.champion,
      e.actor,
      e.reason,
    ]),
  );

const formatHistoryAt = ({ model, at, entry }: HistoryAtView): string =>
  `at ${at}, after #${entry.number} (${entry.kind}):\n${formatRelease(model, entry.state)}`;

function formatVerification({ model, entries, head, faults }: VerificationView): string {
  if (faults.length > 0)
    return table(
      ['#', 'what is wrong'],
      faults.map(({ entry, fault }) => [entry, fault]),
    );
  return `${model}  ${entries} entries are as they were written; head ${head}`;
}
