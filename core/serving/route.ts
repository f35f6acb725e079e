import type { ReleaseState } from '../registry/ledger.ts';
import { fraction, hash32 } from './hash.ts';
import type { Variant } from './variant.ts';

/** Who answers a request. */
export interface Route {
  readonly variant: Variant;
  readonly version: number;
}

export type Traffic = Pick<ReleaseState, 'champion' | 'challenger' | 'shadow'>;

/**
 * Chooses who answers: the challenger gets the keys whose hash is below its weight, the champion the rest. So a key
 * sticks to its variant, and as a canary's weight grows, no key goes back from challenger to champion. The hash is
 * salted by model and challenger, so that it is not always the same callers who try what is new.
 *
 * @returns undefined when nothing is released
 */
export function route(model: string, traffic: Traffic, key: string): Route | undefined {
  const { champion, challenger } = traffic;
  if (challenger !== null && fraction(key, hash32(model, challenger.version)) < challenger.weight)
    return { variant: 'challenger', version: challenger.version };
  return champion === null ? undefined : { variant: 'champion', version: champion };
}

/** Every version that must be resident, champion first. */
export function residentRoutes(traffic: Traffic): Route[] {
  const routes: Route[] = [];
  if (traffic.champion !== null) routes.push({ variant: 'champion', version: traffic.champion });
  if (traffic.challenger !== null) routes.push({ variant: 'challenger', version: traffic.challenger.version });
  if (traffic.shadow !== null) routes.push({ variant: 'shadow', version: traffic.shadow });
  return routes;
}
