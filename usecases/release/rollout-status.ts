import type { Analysis } from '../../core/canary/analyse.ts';
import { type Replayability, replayabilityOf } from '../../core/captures/replay.ts';
import type { TestResult } from '../../core/experiment/judge.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import { loadedRoutes } from '../../core/serving/route.ts';
import type { Home } from '../../platform/ports.ts';
import { Registry } from '../registry/registry.ts';
import { testStatusOf } from './ab-test.ts';
import { analysisOf } from './canary.ts';
import { type ShadowStatus, shadowStatusOf } from './shadow.ts';

/** The progress of one challenger, by the same evaluation that decides about it. */
export interface RolloutStatus {
  readonly version: number;
  /** Of an A/B test. */
  readonly test?: TestResult;
  /** Of a canary's step; absent where the manifest wants none. */
  readonly step?: Analysis;
}

/** The progress of everything that a release tries out. */
export interface ReleaseStatus {
  readonly challengers: readonly RolloutStatus[];
  readonly shadow: ShadowStatus | undefined;
}

/**
 * Reads the progress of a release's challengers and shadow.
 *
 * @returns undefined when metrics cannot be read, so that a release can be shown without them
 */
export async function releaseStatusOf(
  home: Home,
  now: Date,
  model: string,
  state: ReleaseState,
): Promise<ReleaseStatus | undefined> {
  try {
    const challengers = await challengersOf(home, now, model, state);
    const { shadow } = state;
    return { challengers, shadow: shadow === null ? undefined : await shadowStatusOf(home, now, model, shadow) };
  } catch {
    return undefined;
  }
}

/** Evaluates every challenger as the scheduled run does, and decides nothing. */
async function challengersOf(home: Home, now: Date, model: string, state: ReleaseState): Promise<RolloutStatus[]> {
  const registry = new Registry(home, 'user:status');
  return Promise.all(
    state.challengers.map(async (challenger): Promise<RolloutStatus> => {
      const { version } = challenger;
      const { monitoring, rollout } = (await registry.version(model, version)).manifest;
      const versions = { model, champion: state.champion!, challenger: version };
      if (challenger.test !== undefined) {
        const { periodSeconds } = monitoring;
        return { version, test: await testStatusOf(home, versions, challenger, { now, periodSeconds }) };
      }
      if (!rollout.analysis.enabled) return { version };
      const step = { from: new Date(challenger.since), to: now };
      return { version, step: await analysisOf(home, versions, step, rollout.analysis) };
    }),
  );
}

/** Of each version that has traffic or mirrors it: whether another one can be asked about what it was asked. */
export async function replayStatusOf(
  home: Pick<Home, 'ledger'>,
  model: string,
  state: ReleaseState,
): Promise<(Replayability & { readonly version: number })[]> {
  const records = await Promise.all(loadedRoutes(state).map(({ version }) => home.ledger.version(model, version)));
  return records.flatMap((record) =>
    record === undefined ? [] : [{ version: record.version, ...replayabilityOf(record) }],
  );
}
