import type { RegressionTally } from './regression.ts';

/** A value read off counts, and how far it may be from that of the rows. */
export interface Binned {
  readonly value: number;
  readonly bound: number;
}

/**
 * The smallest absolute error that a share of them does not exceed, linear within the bin that holds it; the bound is
 * the bin's width. NaN of nothing.
 */
export function absoluteErrorQuantile({ counts, edges, largest, absolute }: RegressionTally, share: number): Binned {
  if (absolute.n === 0) return { value: Number.NaN, bound: 0 };
  const rank = Math.max(1, Math.ceil(share * absolute.n));
  let before = 0;
  for (const [bin, count] of counts.entries()) {
    if (before + count >= rank) {
      const low = edges[bin - 1] ?? 0;
      const high = Math.min(largest, edges[bin] ?? largest);
      return { value: low + ((rank - before) / count) * (high - low), bound: high - low };
    }
    before += count;
  }
  return { value: largest, bound: 0 };
}

/**
 * Share of the absolute errors above a value, such as the champion's median; an estimate without a number is above any.
 * Within the value's bin it is linear, and the bound is that bin's share. NaN of nothing.
 */
export function shareAbove({ counts, edges, largest, invalid, error }: RegressionTally, value: number): Binned {
  const n = error.n + invalid;
  if (n === 0) return { value: Number.NaN, bound: 0 };
  let [above, open] = [invalid, 0];
  for (const [bin, count] of counts.entries()) {
    const low = edges[bin - 1] ?? 0;
    const high = Math.min(largest, edges[bin] ?? largest);
    if (low > value) above += count;
    else if (high > value) {
      above += (count * (high - value)) / (high - low);
      open = count;
    }
  }
  return { value: above / n, bound: open / n };
}
