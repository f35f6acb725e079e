import { shares } from './shares.ts';

/**
 * Population stability index of two sets of counts over the same bins: the sum over bins of (p - q) ln(p / q). It is
 * symmetric. By convention 0.1 is a small shift and 0.25 a large one, whatever the number of bins.
 *
 * When a bin is empty on one side only, half an observation is added to every bin of both sides, the usual correction:
 * the index would be infinite without it.
 *
 * Source: N. Siddiqi, Credit Risk Scorecards (2006); B. Yurdakul & J. Naranjo, "Statistical properties of the
 * population stability index", Journal of Risk Model Validation 14 (2020).
 */
export function populationStability(reference: readonly number[], current: readonly number[]): number {
  const [p, q] = shares(reference, current, true);
  return p.reduce((sum, pi, i) => sum + (pi === q[i] ? 0 : (pi - q[i]!) * Math.log(pi / q[i]!)), 0);
}
