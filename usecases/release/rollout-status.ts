import { replayabilityOf } from '../../core/captures/replay.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import { loadedRoutes } from '../../core/serving/route.ts';
import type { Home } from '../../platform/ports.ts';
import type { Registry } from '../registry/registry.ts';
import { testStatusOf } from './ab-test.ts';
import { alarmDefinitions } from './alarm-definitions.ts';
import { type JudgedHome, judgeOne } from './judge-model.ts';
import type { ModelStatus, RolloutStatus } from './status-view.ts';

/** Evaluates every challenger as the scheduled run does, and decides nothing. */
export async function challengerStatuses(
  home: JudgedHome,
  registry: Pick<Registry, 'version'>,
  model: string,
  { now, state }: { readonly now: Date; readonly state: ReleaseState },
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
      const { baselineErrorRate } = await alarmDefinitions(home, model);
      const step = await judgeOne(home, challenger, { model, now, state, up: [], baselineErrorRate });
      return { version, test: null, step };
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
