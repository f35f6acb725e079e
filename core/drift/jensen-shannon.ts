import { shares } from './shares.ts';

/**
 * Jensen–Shannon distance: the square root of the divergence 1/2 KL(p ‖ m) + 1/2 KL(q ‖ m), m the mean of both;
 * natural logarithm unless a base is given, so between 0 and sqrt(ln 2) = 0.8326. A metric. Lin (1991), Endres &
 * Schindelin (2003). Evidently uses the natural logarithm, NannyML base 2; TFDV reports the divergence.
 *
 * @param base of the logarithm
 */
export function jensenShannon(reference: readonly number[], current: readonly number[], base = Math.E): number {
  const [p, q] = shares(reference, current, false);
  const divergence = p.reduce((sum, pi, i) => {
    const m = (pi + q[i]!) / 2;
    return sum + (pi === 0 ? 0 : pi * Math.log(pi / m)) / 2 + (q[i] === 0 ? 0 : q[i]! * Math.log(q[i]! / m)) / 2;
  }, 0);
  // Rounding may leave equal shares a hair below 0.
  return Math.sqrt(Math.max(0, divergence) / Math.log(base));
}
