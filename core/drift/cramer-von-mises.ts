import type { TwoSampleTest } from './kolmogorov-smirnov.ts';
import { CountsError } from './shares.ts';

/**
 * Cramér–von Mises test of two samples with its exact p-value, by counting rank arrangements (samples without ties;
 * ties get mid-ranks in the statistic). Anderson, "On the distribution of the two-sample Cramér–von Mises criterion",
 * Annals of Mathematical Statistics 33 (1962); the counting recursion is Xiao, Gordon & Yakovlev, "A C++ program for
 * the Cramér–von Mises two-sample test", Journal of Statistical Software 17 (2006).
 */
export function cramerVonMises(x: readonly number[], y: readonly number[]): TwoSampleTest {
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
  return { statistic: u / (k * total) - (4 * k - 1) / (6 * total), p: exactTail(u, n, m) };
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
