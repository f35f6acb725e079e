import { type ConfidenceInterval, normalInterval, shareInterval } from './interval.ts';

/** How two versions' decisions about the same rows were right and wrong. */
export interface PairedErrors {
  readonly bothRight: number;
  readonly bothWrong: number;
  readonly onlyFirstWrong: number;
  readonly onlySecondWrong: number;
  /**
   * Two-sided p-value of McNemar's exact test: of the rows that one is wrong about alone, is each as likely to be
   * either's? 1 where there are none. (Q. McNemar, Psychometrika 12 (1947) 153-157.)
   */
  readonly p: number;
}

/** @param wrong of each row, whether the first and the second version is wrong about it */
export function pairedErrors(wrong: Iterable<readonly [boolean, boolean]>): PairedErrors {
  const counts = { bothRight: 0, bothWrong: 0, onlyFirstWrong: 0, onlySecondWrong: 0 };
  for (const [first, second] of wrong) {
    if (first === second) counts[first ? 'bothWrong' : 'bothRight']++;
    else counts[first ? 'onlyFirstWrong' : 'onlySecondWrong']++;
  }
  return { ...counts, p: signTest(counts.onlyFirstWrong, counts.onlySecondWrong) };
}

/** Two-sided p-value of so many heads and tails of a fair coin. */
export function signTest(heads: number, tails: number): number {
  const n = heads + tails;
  const fewer = Math.min(heads, tails);
  let logTerm = -n * Math.LN2;
  let sum = 0;
  for (let k = 0; k <= fewer; k++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * sum);
}

/** A mean of differences, second less first, over the same rows. */
export interface PairedDifference extends ConfidenceInterval {
  readonly n: number;
  readonly units: number;
  readonly mean: number;
}

/** One row of a mean over a part of the rows: what it adds to the sum, and whether it is of that part (1 or 0). */
export interface PairedTerm {
  /** Of the first and of the second version. */
  readonly sum: readonly [number, number];
  readonly weight: readonly [number, number];
  /** What was randomised; rows of one unit are not independent, nor are those of which it is not known (null). */
  readonly unit: string | null;
}

/**
 * Difference, second less first, of two means over the same rows, with a normal 95 % interval (delta method; take it
 * from 30 units on). Each mean may be over a part of the rows, which need not be the same one: then it is a ratio of sums, and its
 * variance is that of its linearised terms, summed by unit (Cochran, "Sampling Techniques", 1977, 6.3 and 9.3).
 *
 * @returns undefined of fewer than two units, where one of the parts is empty, or its numbers are too large
 */
export function pairedDifference(terms: readonly PairedTerm[]): PairedDifference | undefined {
  const ratio = (of: 0 | 1): { ratio: number; weight: number } => {
    let [sum, weight] = [0, 0];
    for (const term of terms) {
      sum += term.sum[of];
      weight += term.weight[of];
    }
    return { ratio: sum / weight, weight };
  };
  const [first, second] = [ratio(0), ratio(1)];
  const influence = new Map<string | null, number>();
  for (const { sum, weight, unit } of terms) {
    const part =
      (sum[1] - second.ratio * weight[1]) / second.weight - (sum[0] - first.ratio * weight[0]) / first.weight;
    influence.set(unit, (influence.get(unit) ?? 0) + part);
  }
  const units = influence.size;
  if (units < 2 || !(first.weight > 0) || !(second.weight > 0)) return undefined;
  let squares = 0;
  for (const part of influence.values()) squares += part * part;
  const mean = second.ratio - first.ratio;
  const interval = normalInterval(mean, (squares * units) / (units - 1));
  // Squares of the largest doubles are beyond them all.
  if (interval === undefined || ![mean, interval.low, interval.high].every(Number.isFinite)) return undefined;
  return { n: terms.length, units, mean, ...interval };
}

/** How often two versions decide alike. */
export interface Agreement {
  readonly n: number;
  readonly alike: number;
  /** Share of the rows, with Wilson's interval; undefined of none. */
  readonly share: number | undefined;
  readonly interval: ConfidenceInterval | undefined;
}

/** @param decisions of each row, that of the first and of the second version */
export function agreementOf(decisions: Iterable<readonly [unknown, unknown]>): Agreement {
  let [n, alike] = [0, 0];
  for (const [first, second] of decisions) {
    n++;
    if (Object.is(first, second)) alike++;
  }
  return { n, alike, share: n === 0 ? undefined : alike / n, interval: shareInterval(alike / n, n) };
}

/**
 * Spearman's rank correlation of two versions' scores of the same rows, ties at their mean rank; undefined of fewer
 * than two rows, or where one of them gave a constant. Rows that lack either score are left out.
 */
export function rankCorrelation(scores: Iterable<readonly [number | null, number | null]>): number | undefined {
  const pairs = [...scores].filter(
    (pair): pair is [number, number] =>
      pair[0] !== null && pair[1] !== null && Number.isFinite(pair[0]) && Number.isFinite(pair[1]),
  );
  const first = meanRanks(pairs.map(([score]) => score));
  const second = meanRanks(pairs.map(([, score]) => score));
  const middle = (pairs.length + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (const [i, rank] of first.entries()) {
    const [x, y] = [rank - middle, second[i]! - middle];
    xy += x * y;
    xx += x * x;
    yy += y * y;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : undefined;
}

/** Ranks from 1; values that are equal have the mean of their ranks. */
function meanRanks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) ranks[order[i]!] = (from + to + 1) / 2;
    from = to;
  }
  return ranks;
}
