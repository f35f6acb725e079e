import { aheadBy } from '../../core/registry/ahead.ts';
import type { Command } from '../../core/registry/commands.ts';
import type { Entry, ReleaseState } from '../../core/registry/ledger.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { formatNextSteps, nextSteps } from '../output/next-steps.ts';
import { formatEntry } from '../output/release.ts';

/** What applies a command to a model's ledger: read, decide, append under the revision that was read, print the entry. */
export type ChangeRelease = (
  model: string,
  commandOf: (state: ReleaseState) => Promise<Command> | Command,
) => Promise<void>;

/** @throws ReleaseConflictError when somebody else changed the release meanwhile, ReleaseRefusedError when it does not fit */
export const changeRelease =
  (io: Io, options: () => GlobalOptions): ChangeRelease =>
  (model, commandOf) =>
    withHome(io, options(), async (_, registry) => {
      const state = await registry.state(model);
      const entry = await registry.apply(model, await commandOf(state), { expectedRevision: state.revision });
      printEntry(io, options, entry, state);
    });

/** Prints an entry and what may be done about it. @param before the release that it changed */
export function printEntry(io: Io, options: () => GlobalOptions, entry: Entry, before: ReleaseState): void {
  const by = aheadBy(entry.at, new Date());
  const ahead =
    by === undefined
      ? []
      : [
          `  its time is ${by} ahead: the clock of who wrote an entry before it was; what is released is judged from now on`,
        ];
  const formatWithSteps = (view: Entry): string =>
    [formatEntry(view), ...ahead, ...formatNextSteps(nextSteps(view, before, options().home))].join('\n');
  print(io, options(), entry, formatWithSteps);
}
