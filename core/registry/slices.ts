/** An interval [from, to) on the circle [0, 1) that routing keys are hashed to. */
export type Slice = [from: number, to: number];

/** Shares that differ by less are equal, because sums of decimal fractions are not exact. */
export const SHARE_EPSILON = 1e-9;

/** The share of all keys that slices hold. */
export const shareOf = (slices: readonly Slice[]): number => slices.reduce((sum, [from, to]) => sum + (to - from), 0);

/** Whether a point on the circle lies in one of the slices. */
export const holds = (slices: readonly Slice[], at: number): boolean =>
  slices.some(([from, to]) => at >= from && at < to);

/**
 * Grows a challenger's slices to a share, into parts of the circle that only the champion holds. The challenger keeps
 * what it has and other challengers lose nothing, so keys move from the champion to this challenger and nowhere else.
 *
 * Slices are stored in the release state, because with three challengers or more no function of the weights alone keeps
 * keys in place: each challenger that may grow to half of the circle would need a half of its own.
 *
 * It grows from the end of the last slice on, around the circle.
 *
 * @param others slices of all other challengers
 * @returns disjoint slices in ascending order that hold `share`, or less where not so much is left
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
