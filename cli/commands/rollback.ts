import type { Command as Program } from 'commander';
import type { Command } from '../../core/registry/commands.ts';
import type { Entry, ReleaseState } from '../../core/registry/ledger.ts';
import { parseReason, parseVersionNumber } from '../arguments.ts';
import { type GlobalOptions, type Io, withHome } from '../context.ts';
import { UsageError } from '../errors.ts';
import { printEntry } from './change-release.ts';

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
    .description('take challengers back, or return to a former champion; quarantines what is taken back, unless --keep')
    .option('--challenger <version>', 'the challenger to take back (default: all of them)')
    .option('--to <version>', 'former champion to return to (default: the last good one)')
    .option('--keep', 'do not quarantine what is taken back')
    .option('--reason <text>', 'why, for the ledger', parseReason, 'rolled back by hand')
    .action((model: string, own: RollbackOptions) =>
      withHome(io, options(), async (home, registry) => {
        const state = await registry.state(model);
        const command = rollbackCommand(state, own);
        if (command.type === 'roll-back' && command.to === undefined) {
          const recent = await registry.entriesSince(model, new Date(home.clock.now().getTime() - JUST_NOW_MS));
          assertNothingEnded(recent, state);
        }
        printEntry(io, options, await registry.apply(model, command, { expectedRevision: state.revision }), state);
      }),
    );
}

/** Two people, or a person and the judge, may take the same version back at once. */
const JUST_NOW_MS = 120_000;

/** @throws UsageError where a version was taken back a moment ago: the champion that is left may not be meant */
function assertNothingEnded(recent: readonly Entry[], { champion, previous }: ReleaseState): void {
  const ended = recent.findLast(({ kind }) => kind === 'canary-aborted' || kind === 'rolled-back');
  if (ended === undefined) return;
  const former = previous.at(-1) ?? 'VERSION';
  throw new UsageError(
    `${ended.actor} took a version back at ${ended.at} (entry ${ended.number}), and version ${champion} serves alone: ` +
      `to go back from it as well, say where: --to ${former}`,
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
