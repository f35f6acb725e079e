/** A part of the circle of routing keys, [from, to) of [0, 1). */
export type Slice = [from: number, to: number];

/** Closer than this, two shares are the same: sums of decimal fractions are not exact. */
export const SHARE_EPSILON = 1e-9;

/** The share of all keys that slices hold. */
export const shareOf = (slices: readonly Slice[]): number => slices.reduce((sum, [from, to]) => sum + (to - from), 0);

/** Whether a place on the circle falls into one of the slices. */
export const holds = (slices: readonly Slice[], at: number): boolean =>
  slices.some(([from, to]) => at >= from && at < to);

/**
 * Lets slices grow to a share, by what nobody else holds: what they held they keep, and nobody else loses anything. So
 * a change of weights moves no key but those that the change is about. With three challengers or more no function of
 * the weights alone can do that (whoever may grow to half would need half to himself), which is why slices are kept.
 *
 * Growth goes on where the last slice ends, and round the circle from there.
 *
 * @param others slices of everybody else but the champion, who has the rest
 * @returns slices that hold `share`, ascending and apart; less when there is not so much left
 */
export function grow(own: readonly Slice[], others: readonly Slice[], share: number): Slice[] {
  const free = gaps([...own, ...others]);
  const end = own.at(-1)?.[1] ?? 0;
  const ahead = [...free.filter(([from]) => from >= end), ...free.filter(([from]) => from < end)];
  const grown: Slice[] = [...own];
  let wanted = share - shareOf(own);
  for (const [from, to] of ahead) {
    if (wanted <= SHARE_EPSILON) break;
    const taken = Math.min(wanted, to - from);
    // The end of a gap exactly, lest a sliver be left that nobody meant.
    grown.push([from, to - from - taken <= SHARE_EPSILON ? to : from + taken]);
    wanted -= taken;
  }
  return joined(grown);
}

/** What no slice holds, ascending. */
function gaps(slices: readonly Slice[]): Slice[] {
  const free: Slice[] = [];
  let at = 0;
  for (const [from, to] of joined(slices)) {
    if (from > at) free.push([at, from]);
    at = to;
  }
  if (at < 1) free.push([at, 1]);
  return free;
}

/** The same, ascending, and in as few pieces as can be. */
function joined(slices: readonly Slice[]): Slice[] {
  const whole: Slice[] = [];
  for (const [from, to] of slices.toSorted(([a], [b]) => a - b)) {
    const last = whole.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else whole.push([from, to]);
  }
  return whole;
}
