import type { Command as Program } from 'commander';
import { parseReason, parseVersionNumber } from '../arguments.ts';
import type { GlobalOptions, Io } from '../context.ts';
import { changeRelease } from './change-release.ts';

/** Quarantines a version: it cannot be released until somebody lifts that. */
export function addQuarantine(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('quarantine <model> <version>')
    .description('bar a version from release')
    .requiredOption('--reason <text>', 'why, for the ledger', parseReason)
    .action((model: string, version: string, { reason }: { reason: string }) =>
      changeRelease(io, options)(model, () => ({ type: 'quarantine', version: parseVersionNumber(version), reason })),
    );
}
