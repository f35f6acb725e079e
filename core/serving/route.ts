import type { ReleaseState } from '../registry/ledger.ts';
import { holds } from '../registry/slices.ts';
import { fraction, hash32 } from './hash.ts';
import type { Variant } from './variant.ts';

/** Who answers a request. */
export interface Route {
  readonly variant: Variant;
  readonly version: number;
}

export type Traffic = Pick<ReleaseState, 'champion' | 'challengers' | 'salt' | 'shadow'>;

/**
 * Chooses who answers: a challenger gets the keys whose hash falls into its slices, the champion the rest. So a key
 * sticks to its variant, and as weights grow, no key goes back to the champion, and none from one challenger to
 * another. The hash is salted by model and first challenger, so that it is not always the same callers who try what is
 * new.
 *
 * @returns undefined when nothing is released
 */
export function route(model: string, { champion, challengers, salt }: Traffic, key: string): Route | undefined {
  if (challengers.length > 0) {
    const at = fraction(key, hash32(model, salt ?? 0));
    for (const { version, slices } of challengers) if (holds(slices, at)) return { variant: 'challenger', version };
  }
  return champion === null ? undefined : { variant: 'champion', version: champion };
}

/** Every version that must be resident, champion first. */
export function loadedRoutes({ champion, challengers, shadow }: Traffic): Route[] {
  const routes: Route[] = [];
  if (champion !== null) routes.push({ variant: 'champion', version: champion });
  for (const { version } of challengers) routes.push({ variant: 'challenger', version });
  if (shadow !== null) routes.push({ variant: 'shadow', version: shadow.version });
  return routes;
}

/** The champion's share of the traffic: what challengers leave. */
export const championShare = (challengers: readonly { readonly weight: number }[]): number =>
  1 - challengers.reduce((sum, { weight }) => sum + weight, 0);
