import type { Command as Program } from 'commander';
import type { ChainReport } from '../../core/registry/chain.ts';
import { entryAt } from '../../core/registry/history.ts';
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
          const report = await registry.verify(model);
          print(io, options(), report, () => formatVerification(model, report));
          if (report.faults.length > 0)
            throw new CheckFailedError(
              `the ledger of ${model} is not as it was written: ${report.faults.length} ${report.faults.length === 1 ? 'fault' : 'faults'}`,
            );
          return;
        }
        if (own.at !== undefined) parseTime(own.at);
        const entries = await registry.history(model);
        if (own.at !== undefined) {
          const entry = entryAt(entries, own.at);
          if (!entry)
            throw new CheckFailedError(
              `nothing had happened to ${model} at ${own.at}; its first entry is of ${entries[0]!.at}`,
            );
          print(
            io,
            options(),
            entry,
            () => `at ${own.at}, after #${entry.number} (${entry.kind}):\n${formatRelease(model, entry.state)}`,
          );
          return;
        }
        print(io, options(), entries, () =>
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
          ),
        );
      }),
    );
}

function formatVerification(model: string, { entries, head, faults }: ChainReport): string {
  if (faults.length > 0)
    return table(
      ['#', 'what is wrong'],
      faults.map(({ entry, fault }) => [entry, fault]),
    );
  return `${model}  ${entries} entries are as they were written; head ${head}`;
}
