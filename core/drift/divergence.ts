import { shares } from './shares.ts';

/**
 * Kullback–Leibler divergence KL(reference ‖ current) = sum p ln(p / q), natural logarithm; not symmetric. Half an
 * observation is added to every bin when one is empty on one side. Kullback & Leibler (1951).
 */
export function kullbackLeibler(reference: readonly number[], current: readonly number[]): number {
  const [p, q] = shares(reference, current, true);
  return p.reduce((sum, pi, i) => sum + (pi === 0 ? 0 : pi * Math.log(pi / q[i]!)), 0);
}

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

/** Hellinger distance sqrt(1 - sum sqrt(p q)); 0 to 1. Hellinger (1909). */
export function hellinger(reference: readonly number[], current: readonly number[]): number {
  const [p, q] = shares(reference, current, false);
  const affinity = p.reduce((sum, pi, i) => sum + Math.sqrt(pi * q[i]!), 0);
  return Math.sqrt(Math.max(0, 1 - affinity));
}

/** Total variation distance: half of sum |p - q|; 0 to 1. */
export function totalVariation(reference: readonly number[], current: readonly number[]): number {
  const [p, q] = shares(reference, current, false);
  return p.reduce((sum, pi, i) => sum + Math.abs(pi - q[i]!), 0) / 2;
}

/** L-infinity distance: the largest |p - q|; 0 to 1. */
export function lInfinity(reference: readonly number[], current: readonly number[]): number {
  const [p, q] = shares(reference, current, false);
  return p.reduce((largest, pi, i) => Math.max(largest, Math.abs(pi - q[i]!)), 0);
}

/**
 * L-infinity less what chance gives: max(0, L∞ - 1.8 sqrt((n + m) / (n m))), alpha about .003. The "Robust"
 * comparison of SageMaker Model Monitor and Deequ.
 */
export function lInfinityRobust(reference: readonly number[], current: readonly number[]): number {
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  const [n, m] = [sum(reference), sum(current)];
  return Math.max(0, lInfinity(reference, current) - 1.8 * Math.sqrt((n + m) / (n * m)));
}
