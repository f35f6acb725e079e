import type { Command as Program } from 'commander';
import { entryAt } from '../../core/registry/history.ts';
import type { HistoryAtView, HistoryView, VerificationView } from '../../usecases/registry/history-view.ts';
import { parseTime } from '../arguments.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { CheckFailedError } from '../errors.ts';
import { formatRelease } from '../output/release.ts';
import { table } from '../output/table.ts';

/** Shows the ledger of a model, as it is or as it was, and verifies it. */
export function addHistory(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('history <model>')
    .description('everything that ever happened to a model')
    .option('--at <time>', 'what was true at a time, ISO 8601')
    .option('--verify', 'look whether everything is as it was written')
    .action((model: string, own: { at?: string; verify?: true }) =>
      withHome(io, options(), async (_, registry) => {
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
        const entries = await registry.history(model);
        if (at === undefined) {
          const whole: HistoryView = { model, entries };
          return print(io, options(), whole, formatHistory);
        }
        const entry = entryAt(entries, at);
        if (!entry)
          throw new CheckFailedError(
            `nothing had happened to ${model} at ${at}; its first entry is of ${entries[0]!.at}`,
          );
        const then: HistoryAtView = { model, at, entry };
        print(io, options(), then, formatHistoryAt);
      }),
    );
}

const formatHistory = ({ entries }: HistoryView): string =>
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
