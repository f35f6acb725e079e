import type { Command as Program } from 'commander';
import { parseReason, parseVersionNumber } from '../arguments.ts';
import type { GlobalOptions, Io } from '../context.ts';
import { changeRelease } from './change-release.ts';

/** Gives a challenger all the traffic. */
export function addPromote(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('promote <model> [version]')
    .description('give a challenger all the traffic')
    .option('--reason <text>', 'why, for the ledger', parseReason, 'promoted by hand')
    .action((model: string, version: string | undefined, { reason }: { reason: string }) =>
      changeRelease(io, options)(model, () => ({
        type: 'promote',
        ...(version === undefined ? {} : { version: parseVersionNumber(version) }),
        reason,
      })),
    );
}
