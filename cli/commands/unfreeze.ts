import type { Command as Program } from 'commander';
import { parseReason } from '../arguments.ts';
import type { GlobalOptions, Io } from '../context.ts';
import { changeRelease } from './change-release.ts';

/** Ends a freeze before its time: what is due is done at the next look. */
export function addUnfreeze(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('unfreeze <model>')
    .description('end a freeze before its time')
    .requiredOption('--reason <text>', 'why, for the ledger', parseReason)
    .action((model: string, { reason }: { reason: string }) =>
      changeRelease(io, options)(model, () => ({ type: 'unfreeze', reason })),
    );
}
