import { replayabilityOf } from '../../core/captures/replay.ts';
import type { JudgeVerdict } from '../../core/judge/verdict.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import { loadedRoutes } from '../../core/serving/route.ts';
import type { Home } from '../../platform/ports.ts';
import type { Registry } from '../registry/registry.ts';
import { testStatusOf } from './ab-test.ts';
import type { Review } from './restraint.ts';
import type { ModelStatus, RolloutStatus } from './status-view.ts';

/** How every challenger stands: a test by its own rule, a canary by the judge. */
export async function challengerStatuses(
  home: Pick<Home, 'metrics'>,
  registry: Pick<Registry, 'version'>,
  { model, now, state }: Review,
  verdicts: readonly JudgeVerdict[],
): Promise<RolloutStatus[]> {
  return Promise.all(
    state.challengers.map(async (challenger): Promise<RolloutStatus> => {
      const { version } = challenger;
      const { monitoring } = (await registry.version(model, version)).manifest;
      const versions = { model, champion: state.champion!, challenger: version };
      if (challenger.test !== undefined) {
        const { periodSeconds } = monitoring;
        return { version, test: await testStatusOf(home, versions, challenger, { now, periodSeconds }), step: null };
      }
      return { version, test: null, step: verdicts.find((each) => each.version === version) ?? null };
    }),
  );
}

/** Of each version that has traffic or mirrors it: whether another one can be asked about what it was asked. */
export async function replayStatusOf(
  home: Pick<Home, 'ledger'>,
  model: string,
  state: ReleaseState,
): Promise<ModelStatus['replay']> {
  const records = await Promise.all(loadedRoutes(state).map(({ version }) => home.ledger.version(model, version)));
  return records.flatMap((record) =>
    record === undefined ? [] : [{ version: record.version, ...replayabilityOf(record) }],
  );
}
