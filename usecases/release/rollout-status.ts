import type { Analysis } from '../../core/canary/analyse.ts';
import type { TestResult } from '../../core/experiment/judge.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import { Registry } from '../registry/registry.ts';
import { testStatusOf } from './ab-test.ts';
import { analysisOf } from './canary.ts';
import { type ShadowStatus, shadowStatusOf } from './shadow.ts';

/** How a challenger stands at this moment, by what decides about it. */
export interface RolloutStatus {
  readonly version: number;
  /** Of an A/B test. */
  readonly test?: TestResult;
  /** Of a canary's step; absent where the manifest wants none. */
  readonly step?: Analysis;
}

/** How challengers and shadow stand; undefined where metrics cannot be read: a release is shown without. */
export interface ReleaseStatus {
  readonly challengers: readonly RolloutStatus[];
  readonly shadow: ShadowStatus | undefined;
}

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

/** Looks at every challenger of a release, as the scheduled look does, and decides nothing. */
async function challengersOf(home: Home, now: Date, model: string, state: ReleaseState): Promise<RolloutStatus[]> {
  const registry = new Registry(home, 'user:status');
  return Promise.all(
    state.challengers.map(async (challenger): Promise<RolloutStatus> => {
      const { version } = challenger;
      const { monitoring, rollout } = (await registry.version(model, version)).manifest;
      if (challenger.test !== undefined)
        return { version, test: await testStatusOf(home, now, model, state, challenger, monitoring.periodSeconds) };
      if (!rollout.analysis.enabled) return { version };
      return { version, step: await analysisOf(home, now, model, state, challenger, rollout.analysis) };
    }),
  );
}
