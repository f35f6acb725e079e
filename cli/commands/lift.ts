import type { Command as Program } from 'commander';
import { parseReason, parseVersionNumber } from '../arguments.ts';
import type { GlobalOptions, Io } from '../context.ts';
import { changeRelease } from './change-release.ts';

/** Lifts the quarantine of a version. */
export function addLift(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('lift <model> <version>')
    .description('let a quarantined version be released again')
    .requiredOption('--reason <text>', 'why, for the ledger', parseReason)
    .action((model: string, version: string, { reason }: { reason: string }) =>
      changeRelease(io, options)(model, () => ({
        type: 'lift-quarantine',
        version: parseVersionNumber(version),
        reason,
      })),
    );
}
