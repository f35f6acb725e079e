import { addCounts, type Counts, NO_COUNTS } from './counts.ts';

/** Fewer on either side say nothing. */
const MIN_COUNT = 20;
/**
 * How much likelier two rates have to be than one, as a logarithm. The largest of some dozens of places exceeds it in
 * about one of a hundred series of one rate.
 */
const NEEDED = 5;

/**
 * Whether a rate became more at some time: whether two rates, one before and a higher one after the likeliest place,
 * explain counts surely better than one does.
 *
 * Source: D. V. Hinkley, E. A. Hinkley, Biometrika 57 (1970) 477-488 (the likelihood ratio for a change point in a
 * sequence of binomial variables).
 *
 * @param periods in the order of time
 */
export function becameMore(periods: readonly Counts[]): boolean {
  const all = periods.reduce(addCounts, NO_COUNTS);
  if (all.bad > all.n) return false;
  let before = NO_COUNTS;
  return periods.some((period) => {
    before = addCounts(before, period);
    const after = { n: all.n - before.n, bad: all.bad - before.bad };
    if (before.n < MIN_COUNT || after.n < MIN_COUNT || before.bad * after.n >= after.bad * before.n) return false;
    return logLikelihood(before) + logLikelihood(after) - logLikelihood(all) > NEEDED;
  });
}

/** Of the rate that is likeliest. */
function logLikelihood({ n, bad }: Counts): number {
  const part = (k: number): number => (k <= 0 ? 0 : k * Math.log(k / n));
  return part(bad) + part(n - bad);
}
