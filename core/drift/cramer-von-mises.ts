import type { TwoSampleTest } from './kolmogorov-smirnov.ts';
import { CountsError } from './shares.ts';

/** Largest sample for which arrangements are counted; SciPy's choice. */
const EXACT_MAX = 20;

/**
 * Cramér–von Mises test of two samples; ties get mid-ranks. With at most 20 values in the larger sample the p-value is
 * exact, by counting rank arrangements; beyond that it comes from the limiting distribution.
 *
 * Sources: Anderson, "On the distribution of the two-sample Cramér–von Mises criterion", Annals of Mathematical
 * Statistics 33 (1962); for the counting recursion Xiao, Gordon & Yakovlev, "A C++ program for the Cramér–von Mises
 * two-sample test", Journal of Statistical Software 17 (2006).
 *
 * @param method of the p-value, `auto` as said above
 * @throws CountsError when a sample has fewer than two values
 */
export function cramerVonMises(
  x: readonly number[],
  y: readonly number[],
  method: 'auto' | 'exact' | 'asymptotic' = 'auto',
): TwoSampleTest {
  const [n, m] = [x.length, y.length];
  if (n < 2 || m < 2) throw new CountsError('at least two values of each sample are expected');
  const ranks = midRanks([...x, ...y]);
  const sorted = (part: number[]): number[] => part.toSorted((a, b) => a - b);
  const rx = sorted(ranks.slice(0, n));
  const ry = sorted(ranks.slice(n));
  const u =
    n * rx.reduce((sum, rank, i) => sum + (rank - (i + 1)) ** 2, 0) +
    m * ry.reduce((sum, rank, j) => sum + (rank - (j + 1)) ** 2, 0);
  const k = n * m;
  const total = n + m;
  const statistic = u / (k * total) - (4 * k - 1) / (6 * total);
  const exact = method === 'exact' || (method === 'auto' && Math.max(n, m) <= EXACT_MAX);
  return { statistic, p: exact ? exactTail(u, n, m) : asymptoticTail(statistic, n, m) };
}

function midRanks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && values[order[j]!] === values[order[i]!]) j++;
    for (let k = i; k < j; k++) ranks[order[k]!] = (i + j + 1) / 2;
    i = j;
  }
  return ranks;
}

/**
 * P(U >= u) over all arrangements of n and m values. With L = lcm(n, m), a = L/n, b = L/m, the path of an arrangement
 * through the lattice adds (a i - b j)² at every point it passes; sums are counted per point.
 */
function exactTail(u: number, n: number, m: number): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  const lcm = (n * m) / gcd(n, m);
  const [a, b] = [lcm / n, lcm / m];
  // The statistic as a sum of squares on the lattice: zeta = lcm² (n+m) (6u - nm (4nm-1)) / (6 (nm)²).
  const zeta = Math.round((lcm * lcm * (n + m) * (6 * u - n * m * (4 * n * m - 1))) / (6 * (n * m) ** 2));
  let column: Map<number, number>[] = [];
  for (let i = 0; i <= n; i++) {
    const next: Map<number, number>[] = [];
    for (let j = 0; j <= m; j++) {
      const step = (a * i - b * j) ** 2;
      const sums = new Map<number, number>();
      if (i === 0 && j === 0) sums.set(0, 1);
      for (const from of [column[j], next[j - 1]])
        for (const [sum, count] of from ?? []) sums.set(sum + step, (sums.get(sum + step) ?? 0) + count);
      next.push(sums);
    }
    column = next;
  }
  let [tail, all] = [0, 0];
  for (const [sum, count] of column[m]!) {
    all += count;
    if (sum >= zeta) tail += count;
  }
  return tail / all;
}

/** P(T >= t) by the limiting law at the standardised statistic (Anderson 1962; as in SciPy). */
function asymptoticTail(t: number, n: number, m: number): number {
  const total = n + m;
  const k = n * m;
  const expected = (1 + 1 / total) / 6;
  const variance = ((total + 1) * (4 * k * total - 3 * (n * n + m * m) - 2 * k)) / (45 * total * total * 4 * k);
  return Math.max(0, 1 - limitingCdf(1 / 6 + (t - expected) / Math.sqrt(45 * variance)));
}

/** Limiting distribution of the statistic: Csörgő & Faraway, "The exact and asymptotic distributions of Cramér–von Mises statistics", JRSS B 58 (1996), (1.2). */
function limitingCdf(x: number): number {
  if (x <= 0) return 0;
  let sum = 0;
  // Gamma(j + 1/2) / Gamma(j + 1).
  let ratio = Math.sqrt(Math.PI);
  for (let j = 0; j < 100; j++) {
    const y = 4 * j + 1;
    const q = (y * y) / (16 * x);
    const term = (ratio / (Math.PI ** 1.5 * Math.sqrt(x))) * Math.sqrt(y) * Math.exp(-q) * besselK(0.25, q);
    sum += term;
    if (term < 1e-12) break;
    ratio *= (j + 0.5) / (j + 1);
  }
  return sum;
}

/** Modified Bessel function of the second kind: the integral of exp(-q cosh t) cosh(order t) over t >= 0. */
function besselK(order: number, q: number): number {
  // The trapezoidal rule converges geometrically for this integrand.
  const step = 0.01;
  let sum = 0.5 * Math.exp(-q);
  for (let t = step; ; t += step) {
    const term = Math.exp(-q * Math.cosh(t)) * Math.cosh(order * t);
    sum += term;
    if (term < 1e-18) return sum * step;
  }
}
