import type { Command as Program } from 'commander';
import { parseReason, parseVersionNumber } from '../arguments.ts';
import type { GlobalOptions, Io } from '../context.ts';
import { changeRelease } from './change-release.ts';

/** Rejects a version: it may not be released. */
export function addReject(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('reject <model> <version>')
    .description('say that a version may not be released')
    .option('--reason <text>', 'why, for the ledger', parseReason, 'reject by hand')
    .action((model: string, version: string, { reason }: { reason: string }) =>
      changeRelease(io, options)(model, () => ({ type: 'reject', version: parseVersionNumber(version), reason })),
    );
}
