import type { Command as Program } from 'commander';
import type { TruthDelay } from '../../core/quality/delay.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import { learnTruthDelay } from '../../usecases/quality/learn-truth-delay.ts';
import { readBusinessMetrics } from '../../usecases/release/business-metrics.ts';
import { releaseStatusOf, replayStatusOf } from '../../usecases/release/rollout-status.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { UsageError } from '../errors.ts';
import { formatBusinessMetrics } from '../output/business-metrics.ts';
import { formatRelease, formatReplay } from '../output/release.ts';
import { formatTruthDelay } from '../output/truth-delay.ts';

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
        const delays = await Promise.all(states.map(([name, state]) => truthDelayOf(home, name, state)));
        const shown = states.map(([name, state], i) => {
          const [rollout, truthDelay] = [rollouts[i]!, delays[i] ?? null];
          return [
            name,
            { ...state, business: business[i]!, rollouts: rollout, replay: replay[i]!, truthDelay },
          ] as const;
        });
        print(io, options(), Object.fromEntries(shown), () =>
          shown.length === 0
            ? 'no models yet: `trimtab register FOLDER`'
            : shown
                .map(([name, s]) =>
                  [
                    formatRelease(name, s, s.rollouts),
                    ...formatReplay(s.replay),
                    ...formatTruthDelay(s.truthDelay),
                    ...formatBusinessMetrics(s.business),
                  ].join('\n'),
                )
                .join('\n\n'),
        );
      }),
    );
}

/** How long truths of a model take; undefined where that is not known, or cannot be read. */
async function truthDelayOf(
  home: Home,
  model: string,
  { champion, latest }: ReleaseState,
): Promise<TruthDelay | undefined> {
  try {
    const record = await home.ledger.version(model, champion ?? latest);
    return record && (await learnTruthDelay(home, model, record.manifest, home.clock.now()));
  } catch {
    // A release can be shown without it.
    return undefined;
  }
}
