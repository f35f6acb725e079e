import type { Analysis } from '../../core/canary/analyse.ts';
import type { Judgement } from '../../core/experiment/judge.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import { Registry } from '../registry/registry.ts';
import { standingOfTest } from './ab-test.ts';
import { analysisOf } from './canary.ts';
import { type ShadowStanding, shadowStanding } from './shadow.ts';

/** How a challenger stands at this moment, by what decides about it. */
export interface Standing {
  readonly version: number;
  /** Of an A/B test. */
  readonly test?: Judgement;
  /** Of a canary's step; absent where the manifest wants none. */
  readonly step?: Analysis;
}

/** How challengers and shadow stand; undefined where metrics cannot be read: a release is shown without. */
export interface Standings {
  readonly challengers: readonly Standing[];
  readonly shadow: ShadowStanding | undefined;
}

export async function standingsOf(
  home: Home,
  now: Date,
  model: string,
  state: ReleaseState,
): Promise<Standings | undefined> {
  try {
    const challengers = await challengersOf(home, now, model, state);
    const { shadow } = state;
    return { challengers, shadow: shadow === null ? undefined : await shadowStanding(home, now, model, shadow) };
  } catch {
    return undefined;
  }
}

/** Looks at every challenger of a release, as the scheduled look does, and decides nothing. */
async function challengersOf(home: Home, now: Date, model: string, state: ReleaseState): Promise<Standing[]> {
  const registry = new Registry(home, 'user:status');
  return Promise.all(
    state.challengers.map(async (challenger): Promise<Standing> => {
      const { version } = challenger;
      const { monitoring, rollout } = (await registry.version(model, version)).manifest;
      if (challenger.test !== undefined)
        return { version, test: await standingOfTest(home, now, model, state, challenger, monitoring.periodSeconds) };
      if (!rollout.analysis.enabled) return { version };
      return { version, step: await analysisOf(home, now, model, state, challenger, rollout.analysis) };
    }),
  );
}
