import { CountsError } from './shares.ts';

export interface TwoSampleTest {
  readonly statistic: number;
  readonly p: number;
}

/** Largest sample for which the exact p-value is computed. */
const EXACT_MAX = 10_000;

/**
 * Two-sided Kolmogorov–Smirnov test of two samples by D, the largest difference of their empirical distribution
 * functions. With at most 10,000 values in the larger sample the p-value is exact; beyond that it comes from the
 * one-sample distribution at round(nm / (n+m)), which for small samples is far better than the limiting distribution.
 *
 * Source: as in SciPy's `ks_2samp`; Hodges, "The significance probability of the Smirnov two-sample test", Arkiv för
 * Matematik 3 (1958).
 */
export function kolmogorovSmirnov(
  x: readonly number[],
  y: readonly number[],
  method: 'auto' | 'exact' | 'asymptotic' = 'auto',
): TwoSampleTest {
  const [n, m] = [x.length, y.length];
  if (n === 0 || m === 0) throw new CountsError('a sample without values cannot be tested');
  const statistic = largestDifference(x, y);
  const exact = method === 'exact' || (method === 'auto' && Math.max(n, m) <= EXACT_MAX);
  return {
    statistic,
    p: exact ? exactTail(statistic, n, m) : kolmogorovTail(statistic, Math.round((n * m) / (n + m))),
  };
}

function largestDifference(x: readonly number[], y: readonly number[]): number {
  const [a, b] = [x.toSorted((p, q) => p - q), y.toSorted((p, q) => p - q)];
  let [i, j, largest] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i]! <= value) i++;
    while (j < b.length && b[j]! <= value) j++;
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length));
  }
  return largest;
}

/**
 * P(D >= d) by counting lattice paths from (0, 0) to (n, m) that stay inside |i/n - j/m| < d, as a share of all paths;
 * each step's share is kept, so that nothing overflows.
 */
function exactTail(d: number, n: number, m: number): number {
  // Differences are multiples of 1 / lcm(n, m): half of that tells equal from smaller.
  const reached = d - 0.5 / (n * m);
  // Probability that a path reaches (i, j) without having gone outside.
  let row = new Float64Array(m + 1);
  row[0] = 1;
  for (let j = 1; j <= m; j++) row[j] = j / m >= reached ? 0 : row[j - 1]! * ((m - j + 1) / (n + m - j + 1));
  for (let i = 1; i <= n; i++) {
    const next = new Float64Array(m + 1);
    for (let j = 0; j <= m; j++) {
      if (Math.abs(i / n - j / m) >= reached) continue;
      const left = n + m - i - j + 1;
      // From (i-1, j) a step in x has probability (n-i+1)/left, from (i, j-1) one in y (m-j+1)/left.
      next[j] = row[j]! * ((n - i + 1) / left) + (j === 0 ? 0 : next[j - 1]! * ((m - j + 1) / left));
    }
    row = next;
  }
  return Math.min(1, Math.max(0, 1 - row[m]!));
}

/** Steps of the exact matrix formula grow with n: beyond this the limiting law with a correction is good to 1e-5. */
const MATRIX_MAX = 140;

/**
 * P(D_n >= d) of the one-sample statistic: exact after Marsaglia, Tsang & Wang, "Evaluating Kolmogorov's distribution",
 * Journal of Statistical Software 8 (2003); for large n the limiting distribution with Stephens' correction.
 */
export function kolmogorovTail(d: number, n: number): number {
  if (d <= 0) return 1;
  if (d >= 1) return 0;
  if (n > MATRIX_MAX) {
    const root = Math.sqrt(n);
    return limitingTail(d * (root + 0.12 + 0.11 / root));
  }
  return Math.min(1, Math.max(0, 1 - matrixCdf(d, n)));
}

function limitingTail(x: number): number {
  let sum = 0;
  for (let k = 1; k <= 100; k++) {
    const term = Math.exp(-2 * k * k * x * x);
    sum += k % 2 === 1 ? term : -term;
    if (term < 1e-17) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}

function matrixCdf(d: number, n: number): number {
  const k = Math.floor(n * d) + 1;
  const size = 2 * k - 1;
  const h = k - n * d;
  const matrix = Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (_, j) => (i - j + 1 < 0 ? 0 : 1)),
  );
  for (let i = 0; i < size; i++) {
    matrix[i]![0]! -= h ** (i + 1);
    matrix[size - 1]![i]! -= h ** (size - i);
  }
  matrix[size - 1]![0]! += 2 * h - 1 > 0 ? (2 * h - 1) ** size : 0;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) if (i - j + 1 > 0) for (let g = 1; g <= i - j + 1; g++) matrix[i]![j]! /= g;
  let power: Float64Array[] = matrix;
  // n! / n^n is multiplied in step by step, so that nothing over- or underflows for n up to MATRIX_MAX.
  for (let step = 1; step < n; step++) power = multiply(power, matrix, (step + 1) / n);
  return power[k - 1]![k - 1]! / n;
}

function multiply(a: Float64Array[], b: Float64Array[], scale: number): Float64Array[] {
  return a.map((row) =>
    Float64Array.from({ length: row.length }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < row.length; i++) sum += row[i]! * b[i]![j]!;
      return sum * scale;
    }),
  );
}
