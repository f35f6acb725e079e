import gammainc from '@stdlib/math-base-special-gammainc';
import { CountsError } from './shares.ts';

/** Upper tail of the chi-squared distribution: P(X >= x) with `df` degrees of freedom. */
export const chiSquaredTail = (x: number, df: number): number => (x <= 0 ? 1 : gammainc(x / 2, df / 2, true, true));

/** The x with upper tail `p`, by bisection: to 1e-9. */
export function chiSquaredQuantile(p: number, df: number): number {
  let [low, high] = [0, Math.max(10, 4 * df)];
  while (chiSquaredTail(high, df) > p) high *= 2;
  while (high - low > 1e-9 * Math.max(1, high)) {
    const middle = (low + high) / 2;
    if (chiSquaredTail(middle, df) > p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

export interface ContingencyTest {
  readonly statistic: number;
  readonly df: number;
  readonly p: number;
}

/**
 * Chi-squared test of homogeneity of two samples, on the 2 x k table of their counts. Pearson (1900). It is not a
 * goodness-of-fit test, which would take the reference for the true distribution: the reference is a sample too.
 *
 * @param statistic `pearson`, or `g`, the log-likelihood ratio
 * @throws CountsError when the numbers of bins differ or a sample has no rows
 */
export function contingencyTest(
  reference: readonly number[],
  current: readonly number[],
  statistic: 'pearson' | 'g' = 'pearson',
): ContingencyTest {
  if (reference.length !== current.length)
    throw new CountsError(`counts over the same bins are expected, received ${reference.length} and ${current.length}`);
  const used = [...reference.keys()].filter((i) => reference[i]! + current[i]! > 0);
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  const [n, m] = [sum(reference), sum(current)];
  if (n === 0 || m === 0) throw new CountsError('a sample without rows cannot be tested');
  let total = 0;
  for (const i of used) {
    const column = reference[i]! + current[i]!;
    for (const [observed, size] of [
      [reference[i]!, n],
      [current[i]!, m],
    ] as const) {
      const expected = (column * size) / (n + m);
      if (statistic === 'pearson') total += (observed - expected) ** 2 / expected;
      else if (observed > 0) total += 2 * observed * Math.log(observed / expected);
    }
  }
  const df = used.length - 1;
  return { statistic: total, df, p: df === 0 ? 1 : chiSquaredTail(total, df) };
}

/**
 * Merges sparse categories until the chi-squared approximation holds by Cochran's rule (1954): at most a fifth of the
 * expected counts are below 5 and none below 1, or with two categories all are at least 10. It merges the smallest
 * category into the next smallest, again and again.
 *
 * @returns the merged counts of both samples; a single category when no merging satisfies the rule
 */
export function mergeSparse(reference: readonly number[], current: readonly number[]): [number[], number[]] {
  const cells = [...reference.keys()]
    .map((i) => [reference[i]!, current[i]!] as [number, number])
    .filter(([a, b]) => a + b > 0)
    .sort((a, b) => b[0] + b[1] - (a[0] + a[1]));
  const n = cells.reduce((sum, [a]) => sum + a, 0);
  const m = cells.reduce((sum, [, b]) => sum + b, 0);
  const smaller = Math.min(n, m) / (n + m);
  const larger = Math.max(n, m) / (n + m);
  const holds = (): boolean => {
    const expected = cells.flatMap(([a, b]) => [(a + b) * smaller, (a + b) * larger]);
    if (cells.length === 2) return expected.every((e) => e >= 10);
    return expected.filter((e) => e < 5).length <= 0.2 * expected.length && expected.every((e) => e >= 1);
  };
  while (cells.length > 1 && !holds()) {
    const [a, b] = cells.pop()!;
    const next = cells.at(-1)!;
    next[0] += a;
    next[1] += b;
    cells.sort((x, y) => y[0] + y[1] - (x[0] + x[1]));
  }
  return [cells.map(([a]) => a), cells.map(([, b]) => b)];
}
