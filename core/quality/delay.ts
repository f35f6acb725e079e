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

/** Truths that must tell how many take as long as a delay; of fewer, one more or less would make another quantile. */
const MIN_AT_RISK = 30;
/** Leaving out what fewer truths tell may move a quantile by a factor of 2, and it still holds. */
const MAX_MOVE = BINS_IN_DOUBLING;

/** How long truths take is not known yet, though some are there. */
export interface UnknownDelay {
  readonly reason: string;
  /** Truths that are there, of predictions old enough. */
  readonly n: number;
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
 * The estimator degenerates where few truths are old enough to tell of a delay: one that alone could be so slow, and was,
 * would be taken for all. So what fewer than 30 truths tell is left out for a second estimate, and where that is another
 * one nothing is known.
 *
 * @returns undefined where no truth can be told
 */
export function truthDelay(cohorts: readonly DelayCohort[]): TruthDelay | UnknownDelay | undefined {
  // A truth is of use where every prediction of its cohort is old enough to have had it.
  const usable = cohorts.flatMap(({ age, delays }) =>
    Object.entries(delays)
      .map(([bin, count]) => ({ bin: Number(bin), count, age }))
      .filter(({ bin }) => delayOfBin(bin) <= age),
  );
  const n = countOf(usable);
  if (n === 0) return undefined;
  const sure = slowest(usable);
  if (sure === undefined)
    return { n, reason: `it takes ${MIN_AT_RISK} truths of predictions that are old enough, and there are ${n}` };
  const all = quantilesOf(usable);
  const told = quantilesOf(usable.filter(({ bin }) => bin <= sure));
  if (Math.max(all.p90 - told.p90, all.median - told.median) > MAX_MOVE) {
    const [top = sure] = binsDown(usable);
    const few = countOf(atRisk(usable, top));
    return {
      n,
      reason: `some take ${hours(top)}, and of predictions that are as old there are too few truths (${few}) to tell how many do`,
    };
  }
  return {
    p90: delayOfBin(all.p90),
    median: delayOfBin(all.median),
    uncorrected: delayOfBin(quantile(cumulativeShares(cohorts), 0.9)),
    n,
  };
}

/** Truths of a cohort, by bin of delay. */
interface CountedDelays {
  readonly bin: number;
  readonly count: number;
  readonly age: number;
}

/** Truths that are at most as slow as a bin, of predictions that are old enough to have slower ones. */
const atRisk = (delays: readonly CountedDelays[], bin: number): CountedDelays[] =>
  delays.filter((each) => each.bin <= bin && each.age >= delayOfBin(bin));

const countOf = (delays: readonly CountedDelays[]): number => delays.reduce((sum, { count }) => sum + count, 0);

const binsDown = (delays: readonly CountedDelays[]): number[] =>
  [...new Set(delays.map(({ bin }) => bin))].sort((a, b) => b - a);

/** The slowest bin of which enough truths tell. */
const slowest = (delays: readonly CountedDelays[]): number | undefined =>
  binsDown(delays).find((bin) => countOf(atRisk(delays, bin)) >= MIN_AT_RISK);

/** Bins of the quantiles. */
function quantilesOf(delays: readonly CountedDelays[]): { readonly p90: number; readonly median: number } {
  const cumulative = new Map<number, number>();
  let share = 1;
  for (const bin of binsDown(delays)) {
    cumulative.set(bin, share);
    const risk = atRisk(delays, bin);
    share *= 1 - countOf(risk.filter((each) => each.bin === bin)) / countOf(risk);
  }
  return { p90: quantile(cumulative, 0.9), median: quantile(cumulative, 0.5) };
}

const quantile = (of: ReadonlyMap<number, number>, q: number): number =>
  Math.min(...[...of].filter(([, reached]) => reached >= q - 1e-12).map(([bin]) => bin));

const hours = (bin: number): string => `${Number((delayOfBin(bin) / 3_600_000).toPrecision(2))} h`;

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
