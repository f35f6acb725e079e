import { type BinCounts, mergeBinCounts } from './bin-counts.ts';

/** Bins of delay in a doubling: a quantile read off them is at most 19 % late. */
const BINS_IN_DOUBLING = 4;
const FIRST_MS = 1_000;
/** Delays beyond are in the last bin: about a year. */
const MAX_BIN = 100;

/** Bin of a delay, milliseconds: bin 0 holds those up to a second, each further one those up to 2^(1/4) times more. */
export const delayBin = (ms: number): number =>
  Math.min(MAX_BIN, Math.max(0, Math.ceil(BINS_IN_DOUBLING * Math.log2(Math.max(ms, FIRST_MS) / FIRST_MS) - 1e-9)));

/** The longest delay of a bin, milliseconds. */
export const delayOfBin = (bin: number): number => FIRST_MS * 2 ** (bin / BINS_IN_DOUBLING);

/** Delays of the truths of predictions of like age. */
export interface DelayCohort {
  /** For how long every one of its predictions has existed, milliseconds: a truth later than that may be due still. */
  readonly age: number;
  readonly delays: BinCounts;
}

/** How long truths take to become known. */
export interface TruthDelay {
  /** Delay that nine tenths of the truths do not exceed, milliseconds, upper end of its bin. */
  readonly p90: number;
  readonly median: number;
  /** The same of the truths that are there, without what is still due. */
  readonly uncorrected: number;
  /** Truths that this rests on. */
  readonly n: number;
}

/**
 * Quantiles of the delay of truth, corrected for what is still due. A truth is seen only when its delay is less than
 * the age of its prediction, so slow ones are missing among young predictions, and the delays that are there are too
 * short (right truncation). The product-limit estimator in reverse time undoes that: of truths of delay at most t,
 * those of predictions that are older than t tell which part of them has exactly t (D. Lynden-Bell, "A method of
 * allowing for known observational selection in small samples", 1971; S. W. Lagakos, L. M. Barraj, V. De Gruttola,
 * Biometrika 75 (1988) 515-523). Of truths that come later than any prediction is old nothing can be known.
 *
 * @returns undefined where no truth can be told
 */
export function truthDelay(cohorts: readonly DelayCohort[]): TruthDelay | undefined {
  // A truth is of use where every prediction of its cohort is old enough to have had it.
  const usable = cohorts.flatMap(({ age, delays }) =>
    Object.entries(delays)
      .map(([bin, count]) => ({ bin: Number(bin), count, age }))
      .filter(({ bin }) => delayOfBin(bin) <= age),
  );
  const n = usable.reduce((sum, { count }) => sum + count, 0);
  if (n === 0) return undefined;
  const bins = [...new Set(usable.map(({ bin }) => bin))].sort((a, b) => b - a);
  const cumulative = new Map<number, number>();
  let share = 1;
  for (const bin of bins) {
    cumulative.set(bin, share);
    const atRisk = usable.filter((each) => each.bin <= bin && each.age >= delayOfBin(bin));
    const total = atRisk.reduce((sum, { count }) => sum + count, 0);
    const own = atRisk.reduce((sum, each) => sum + (each.bin === bin ? each.count : 0), 0);
    share *= 1 - own / total;
  }
  const quantile = (of: ReadonlyMap<number, number>, q: number): number =>
    delayOfBin(Math.min(...[...of].filter(([, reached]) => reached >= q - 1e-12).map(([bin]) => bin)));
  return {
    p90: quantile(cumulative, 0.9),
    median: quantile(cumulative, 0.5),
    uncorrected: quantile(cumulativeShares(cohorts), 0.9),
    n,
  };
}

function cumulativeShares(cohorts: readonly DelayCohort[]): Map<number, number> {
  const all = Object.entries(cohorts.map(({ delays }) => delays).reduce(mergeBinCounts, {}))
    .map(([bin, count]) => [Number(bin), count] as const)
    .sort(([a], [b]) => a - b);
  const n = all.reduce((sum, [, count]) => sum + count, 0);
  let before = 0;
  return new Map(
    all.map(([bin, count]) => {
      before += count;
      return [bin, before / n];
    }),
  );
}
