import type { Command as Program } from 'commander';
import { readBusinessMetrics } from '../../usecases/release/business-metrics.ts';
import { releaseStatusOf, replayStatusOf } from '../../usecases/release/rollout-status.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { UsageError } from '../errors.ts';
import { formatBusinessMetrics } from '../output/business-metrics.ts';
import { formatRelease, formatReplay } from '../output/release.ts';

/** Shows what is released, and how rollouts come along. */
export function addStatus(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('status [model]')
    .description('what is released')
    .action((model: string | undefined) =>
      withHome(io, options(), async (home, registry) => {
        const models = model === undefined ? await home.ledger.models() : [model];
        const states = await Promise.all(models.map(async (name) => [name, await registry.state(name)] as const));
        if (model !== undefined && states[0]![1].revision === 0) throw new UsageError(`no model named ${model}`);
        const now = home.clock.now();
        const business = await Promise.all(
          states.map(([name, { champion }]) => readBusinessMetrics(home, registry, name, champion)),
        );
        const rollouts = await Promise.all(states.map(([name, state]) => releaseStatusOf(home, now, name, state)));
        const replay = await Promise.all(states.map(([name, state]) => replayStatusOf(home, name, state)));
        const shown = states.map(
          ([name, state], i) =>
            [name, { ...state, business: business[i]!, rollouts: rollouts[i]!, replay: replay[i]! }] as const,
        );
        print(io, options(), Object.fromEntries(shown), () =>
          shown.length === 0
            ? 'no models yet: `trimtab register FOLDER`'
            : shown
                .map(([name, s]) =>
                  [
                    formatRelease(name, s, s.rollouts),
                    ...formatReplay(s.replay),
                    ...formatBusinessMetrics(s.business),
                  ].join('\n'),
                )
                .join('\n\n'),
        );
      }),
    );
}
