import * as z from 'zod';
import { finiteOrNull } from '../profile/count.ts';
import { Count } from './bin-counts.ts';

/**
 * Number, sum and squared deviations from the mean of some values.
 *
 * n is exact. Sums are doubles: whatever the order of adding and merging, `sum` is within n 2^-53 times the sum of the
 * absolute values of the exact one (1e-10 of it for a million values of one sign), and `m2` loses nothing to
 * cancellation, as a sum of squares less the square of a sum would. null: beyond the largest double, so not known.
 */
export const Moments = z.strictObject({
  n: Count,
  sum: z.number().nullable(),
  /** Sum of squared deviations from the mean. */
  m2: z.number().min(0).nullable(),
});
export type Moments = z.infer<typeof Moments>;

export const noMoments = (): Moments => ({ n: 0, sum: 0, m2: 0 });

/** Adds a finite value, in place (Welford 1962). */
export function addValue(moments: Moments, value: number): void {
  if (moments.n > 0) {
    const delta = value - meanOf(moments);
    moments.m2 = addFinite(moments.m2, (delta * delta * moments.n) / (moments.n + 1));
  }
  moments.n++;
  moments.sum = addFinite(moments.sum, value);
}

/** T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979). */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0) return { ...b };
  if (b.n === 0) return { ...a };
  const n = a.n + b.n;
  const delta = meanOf(b) - meanOf(a);
  const m2 = addFinite(addFinite(a.m2, b.m2), (delta * delta * a.n * b.n) / n);
  return { n, sum: addFinite(a.sum, b.sum), m2 };
}

/** A sum; null where it, or a part of it, is beyond the largest double. */
export const addFinite = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : finiteOrNull(a + b);

/** Why what is made of such a sum is not defined. */
export const TOO_LARGE = 'sums of values this large are beyond the numbers that can be held';

/** Mean; NaN of nothing, and of a sum that is not known. */
export const meanOf = ({ n, sum }: Moments): number => (n === 0 || sum === null ? Number.NaN : sum / n);

/** Unbiased variance of one value; NaN of fewer than two, and where it is not known. */
export const varianceOf = ({ n, m2 }: Moments): number => (n < 2 || m2 === null ? Number.NaN : m2 / (n - 1));
