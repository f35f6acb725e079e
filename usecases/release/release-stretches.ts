import type { Entry, ReleaseState } from '../../core/registry/ledger.ts';
import { championShare } from '../../core/serving/route.ts';
import type { Versions } from './metric-strata.ts';

/** A time during which a challenger and the champion had the same shares of the traffic. */
export interface Stretch {
  /** Since when, as tallies of quality name it. */
  readonly since: string;
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  /** The challenger's share of what either of the two got. */
  readonly share: number;
  /** When it is looked at. */
  readonly seenAt: Date;
}

/** How far back metrics are read of a release that says it begins later than now. */
const AHEAD_MS = 3_600_000;

/**
 * The stretches in which a challenger had traffic beside the champion that it is held against, oldest first.
 *
 * @param entries from the one that started the challenger on
 */
export function stretchesOf(entries: readonly Entry[], { challenger, champion }: Versions, now: Date): Stretch[] {
  const found: Stretch[] = [];
  for (const { state } of entries) {
    const share = shareOf(state, challenger, champion);
    const last = found.at(-1);
    if (state.since === null || state.since === last?.since) continue;
    // It ends with the first change after it, to other shares or to none.
    if (last && last.to === now) found[found.length - 1] = { ...last, to: new Date(state.since) };
    if (share === undefined) continue;
    // Where the clock of who released was ahead, it is judged from now on: as far back as a look at metrics goes.
    const begin = Date.parse(state.since);
    const from = new Date(begin > now.getTime() ? now.getTime() - AHEAD_MS : begin);
    found.push({ since: state.since, from, to: now, share, seenAt: now });
  }
  return found;
}

function shareOf(state: ReleaseState, version: number, champion: number): number | undefined {
  const own = state.challengers.find((each) => each.version === version);
  if (own === undefined || state.champion !== champion) return undefined;
  return own.weight / (own.weight + championShare(state.challengers));
}
