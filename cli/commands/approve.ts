import type { Command as Program } from 'commander';
import { parseReason, parseVersionNumber } from '../arguments.ts';
import type { GlobalOptions, Io } from '../context.ts';
import { changeRelease } from './change-release.ts';

/** Approves a version: it may be released. */
export function addApprove(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('approve <model> <version>')
    .description('say that a version may be released')
    .option('--reason <text>', 'why, for the ledger', parseReason, 'approve by hand')
    .action((model: string, version: string, { reason }: { reason: string }) =>
      changeRelease(io, options)(model, () => ({ type: 'approve', version: parseVersionNumber(version), reason })),
    );
}
