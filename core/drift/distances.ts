import { CountsError, shares } from './shares.ts';

/** Integral of |F - G|^power over the pooled values, F and G the empirical distribution functions. */
function integrated(x: readonly number[], y: readonly number[], power: 1 | 2): number {
  if (x.length === 0 || y.length === 0) throw new CountsError('a sample without values has no distribution');
  const [a, b] = [x.toSorted((p, q) => p - q), y.toSorted((p, q) => p - q)];
  const all = [...a, ...b].sort((p, q) => p - q);
  let [i, j, total] = [0, 0, 0];
  for (let k = 0; k + 1 < all.length; k++) {
    while (i < a.length && a[i]! <= all[k]!) i++;
    while (j < b.length && b[j]! <= all[k]!) j++;
    total += Math.abs(i / a.length - j / b.length) ** power * (all[k + 1]! - all[k]!);
  }
  return total;
}

/** Wasserstein distance of order 1 (earth mover's): the integral of |F - G|, in the unit of the values. */
export const wasserstein = (x: readonly number[], y: readonly number[]): number => integrated(x, y, 1);

/**
 * Wasserstein distance over the standard deviation (population) of the reference, which is taken for 0.001 at least.
 * Evidently's "normed" form.
 */
export function wassersteinNormed(reference: readonly number[], current: readonly number[]): number {
  const mean = reference.reduce((a, b) => a + b, 0) / reference.length;
  const variance = reference.reduce((sum, value) => sum + (value - mean) ** 2, 0) / reference.length;
  return wasserstein(reference, current) / Math.max(Math.sqrt(variance), 1e-3);
}

/** Energy distance: sqrt(2 times the integral of (F - G)²). Székely (2002); as SciPy's `energy_distance`. */
export const energyDistance = (x: readonly number[], y: readonly number[]): number =>
  Math.sqrt(2 * integrated(x, y, 2));

/**
 * Unbiased estimate of the squared maximum mean discrepancy with the kernel exp(-d² / 2 sigma²); may be negative.
 * Gretton et al., "A kernel two-sample test", JMLR 13 (2012), equation 3.
 *
 * @param sigma width of the kernel; the customary choice is sqrt(median(d²) / 2)
 */
export function mmdSquared(x: readonly number[], y: readonly number[], sigma: number): number {
  if (x.length < 2 || y.length < 2) throw new CountsError('at least two values of each sample are expected');
  const kernel = (a: number, b: number): number => Math.exp(-((a - b) ** 2) / (2 * sigma * sigma));
  const within = (values: readonly number[]): number => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) for (let j = 0; j < i; j++) sum += 2 * kernel(values[i]!, values[j]!);
    return sum / (values.length * (values.length - 1));
  };
  let across = 0;
  for (const a of x) for (const b of y) across += kernel(a, b);
  return within(x) + within(y) - (2 * across) / (x.length * y.length);
}

/**
 * Kullback–Leibler divergence KL(reference ‖ current) = sum p ln(p / q), natural logarithm; not symmetric. Half an
 * observation is added to every bin when one is empty on one side. Kullback & Leibler (1951).
 */
export function kullbackLeibler(reference: readonly number[], current: readonly number[]): number {
  const [p, q] = shares(reference, current, true);
  return p.reduce((sum, pi, i) => sum + (pi === 0 ? 0 : pi * Math.log(pi / q[i]!)), 0);
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
 * L-infinity distance less what chance gives, max(0, L∞ - 1.8 sqrt((n + m) / (n m))) at an alpha of about .003: the
 * "Robust" comparison of SageMaker Model Monitor and Deequ.
 */
export function lInfinityRobust(reference: readonly number[], current: readonly number[]): number {
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  const [n, m] = [sum(reference), sum(current)];
  return Math.max(0, lInfinity(reference, current) - 1.8 * Math.sqrt((n + m) / (n * m)));
}
