import { distinctEdges } from '../profile/bins.ts';

/** Quantiles of a reference's absolute errors that become edges: a hundredth of its rows between two, finer at the end. */
export const ERROR_QUANTILES = [...Array.from({ length: 99 }, (_, i) => (i + 1) / 100), 0.995, 0.999];

/**
 * Edges that absolute errors are counted over where there is no reference: 20 in each decade from a millionth to a
 * billion, so that a quantile read off them is at most 12.2 % off.
 */
export const GENERIC_ERROR_EDGES: readonly number[] = Array.from({ length: 301 }, (_, i) =>
  Number((10 ** (i / 20 - 6)).toPrecision(4)),
);

/** The smallest value that at least a share of the values does not exceed (numpy's `inverted_cdf`). */
export const quantileOf = (ascending: ArrayLike<number>, share: number): number =>
  ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)]!;

/** Edges for absolute errors like those of a reference. */
export function errorEdges(absoluteErrors: Iterable<number>): number[] {
  const ascending = Float64Array.from(absoluteErrors).sort();
  if (ascending.length === 0) return [];
  // Below an edge of 0 there is nothing.
  return distinctEdges(ERROR_QUANTILES.map((share) => quantileOf(ascending, share))).filter((edge) => edge > 0);
}
