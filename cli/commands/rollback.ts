import type { Command as Program } from 'commander';
import type { Command } from '../../core/registry/commands.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import { parseReason, parseVersionNumber } from '../arguments.ts';
import type { GlobalOptions, Io } from '../context.ts';
import { UsageError } from '../errors.ts';
import { changeRelease } from './change-release.ts';

interface RollbackOptions {
  readonly challenger?: string;
  readonly to?: string;
  readonly keep?: boolean;
  readonly reason: string;
}

/** Takes challengers back, or returns to a former champion. */
export function addRollback(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('rollback <model>')
    .description('take challengers back, or return to a former champion')
    .option('--challenger <version>', 'the challenger to take back (default: all of them)')
    .option('--to <version>', 'former champion to return to (default: the last good one)')
    .option('--keep', 'do not quarantine what is taken back')
    .option('--reason <text>', 'why, for the ledger', parseReason, 'rolled back by hand')
    .action((model: string, own: RollbackOptions) =>
      changeRelease(io, options)(model, (state) => rollbackCommand(state, own)),
    );
}

/** @throws UsageError for options that contradict each other */
function rollbackCommand(state: ReleaseState, { challenger, to, keep, reason }: RollbackOptions): Command {
  const rest = { quarantine: !keep, reason };
  if (challenger !== undefined && to !== undefined) throw new UsageError('--challenger and --to do not go together');
  if (challenger !== undefined) return { type: 'abort-canary', versions: [parseVersionNumber(challenger)], ...rest };
  if (to !== undefined) return { type: 'roll-back', to: parseVersionNumber(to), ...rest };
  return state.challengers.length > 0 ? { type: 'abort-canary', ...rest } : { type: 'roll-back', ...rest };
}
