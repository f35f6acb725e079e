import { shares } from './shares.ts';

/**
 * Jensen–Shannon distance of two sets of counts: the square root of the divergence 1/2 KL(p ‖ m) + 1/2 KL(q ‖ m), with
 * m the mean of both. It is a metric. Lin (1991), Endres & Schindelin (2003).
 *
 * Other tools give other numbers: Evidently has the natural logarithm too, NannyML base 2, TFDV the divergence itself.
 *
 * @param base of the logarithm; with the natural one distances are 0 to sqrt(ln 2) = 0.8326
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
