import { addCounts, type Counts, NO_COUNTS } from './counts.ts';

/** Fewer on either side say nothing. */
const MIN_COUNT = 12;
/**
 * Evidence that a rate became more at some time: how much likelier two rates are, one before and a higher one after the
 * likeliest place, than one; as a logarithm, 0 where no place is likelier. Of series of one rate the largest of some
 * dozens of places exceeds 7 in fewer than one of a hundred, and 2.5 in about one of six.
 *
 * Source: D. V. Hinkley, E. A. Hinkley, Biometrika 57 (1970) 477-488 (the likelihood ratio for a change point in a
 * sequence of binomial variables).
 *
 * @param periods in the order of time
 */
export function riseEvidence(periods: readonly Counts[]): number {
  const all = periods.reduce(addCounts, NO_COUNTS);
  if (all.bad > all.n) return 0;
  let before = NO_COUNTS;
  let most = 0;
  for (const period of periods) {
    before = addCounts(before, period);
    const after = { n: all.n - before.n, bad: all.bad - before.bad };
    if (before.n < MIN_COUNT || after.n < MIN_COUNT || before.bad * after.n >= after.bad * before.n) continue;
    most = Math.max(most, logLikelihood(before) + logLikelihood(after) - logLikelihood(all));
  }
  return most;
}

/** Of the rate that is likeliest. */
function logLikelihood({ n, bad }: Counts): number {
  const part = (k: number): number => (k <= 0 ? 0 : k * Math.log(k / n));
  return part(bad) + part(n - bad);
}
