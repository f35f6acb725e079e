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
 * Chooses the version that answers a request: a challenger for keys whose hash lies in its slices, the champion for the
 * rest. So a key stays with its variant, and as weights grow no key moves back to the champion or between challengers.
 *
 * The hash is salted by the model and its first challenger, so that different callers get the challenger each time.
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

/** Every version that must be loaded, champion first. */
export function loadedRoutes({ champion, challengers, shadow }: Traffic): Route[] {
  const routes: Route[] = [];
  if (champion !== null) routes.push({ variant: 'champion', version: champion });
  for (const { version } of challengers) routes.push({ variant: 'challenger', version });
  if (shadow !== null) routes.push({ variant: 'shadow', version: shadow.version });
  return routes;
}

/** The champion's share of the traffic: the rest after all challengers. */
export const championShare = (challengers: readonly { readonly weight: number }[]): number =>
  1 - challengers.reduce((sum, { weight }) => sum + weight, 0);
