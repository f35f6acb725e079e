import * as z from 'zod';
import type { Hypothesis } from './hypothesis.ts';
import { mixtureRatio, type Plan, planFor, radius } from './sequential.ts';
import { type Estimate, SampleTotals } from './strata.ts';

/** How an A/B test stands. `better` and `worse` are about the challenger. */
export const TestOutcome = z.enum(['better', 'worse', 'no-difference', 'inconclusive', 'running']);
export type TestOutcome = z.infer<typeof TestOutcome>;

/** What a look at a test found; goes into the ledger word for word when the test is decided. */
export const TestResult = z.strictObject({
  outcome: TestOutcome.describe('How the test stands; better and worse are about the challenger.'),
  reason: z.string().describe('Why, in a sentence; also why numbers are null.'),
  metric: z.string().describe('Metric that decides.'),
  champion: SampleTotals.describe('Samples of the champion.'),
  challenger: SampleTotals.describe('Samples of the challenger.'),
  difference: z
    .number()
    .nullable()
    .describe('Mean of the challenger less that of the champion, stratified by time; null while there is too little.'),
  low: z.number().nullable().describe('Least difference of the always-valid interval.'),
  high: z.number().nullable().describe('Greatest difference of the always-valid interval.'),
  p: z.number().nullable().describe('Always-valid p-value of no difference.'),
  progress: z.number().min(0).max(1).describe('How far the test has come: information gathered over what was planned.'),
});
export type TestResult = z.infer<typeof TestResult>;

/**
 * Strata before the first verdict: the interval is of the central limit theorem, with a variance that is estimated
 * between strata, and wants enough of them to be true.
 */
export const MIN_STRATA = 30;

/**
 * Of a rate, so many of either kind (0 and 1) must be expected of each version before one is called better: below,
 * the normal approximation is too lopsided.
 */
export const MIN_EXPECTED = 10;

/** What a test plans for. */
export const planOf = ({ minEffect, alpha, power }: Hypothesis): Plan => planFor(minEffect, alpha, power);

/**
 * Looks at an A/B test. May be asked as often as one likes: the interval holds at all looks together.
 *
 * It is decided when the interval leaves 0 out (`better`, `worse`), when it leaves out every difference for the better
 * that matters (`no-difference`), or when what was planned has been gathered (`inconclusive`): a difference that
 * matters would have been found by then with probability `power`.
 */
export function evaluateTest(hypothesis: Hypothesis, estimate: Estimate): TestResult {
  const { metric } = hypothesis;
  const { champion, challenger, strata, difference, variance } = estimate;
  const standing = standingOf(hypothesis, estimate);
  const seen = { metric, champion, challenger, outcome: standing.outcome };
  if (!ready(estimate)) {
    const reason = `${strata} of ${MIN_STRATA} periods with samples of both are there, before which nothing is said`;
    return { ...seen, reason, difference: null, low: null, high: null, p: null, progress: 0 };
  }
  const { low, high, progress, outcome } = standing;
  return {
    ...seen,
    reason: `${formatEstimate(hypothesis, estimate, low, high)}: ${MEANING[outcome](amount(hypothesis.minEffect, hypothesis.rate))}`,
    difference,
    low,
    high,
    p: Math.min(1, 1 / mixtureRatio(difference, 1 / variance, planOf(hypothesis).rho)),
    progress,
  };
}

/** A judgement without its words, for who asks very often. */
export function standingOf(
  hypothesis: Hypothesis,
  estimate: Estimate,
  { rho, horizon }: Plan = planOf(hypothesis),
): { outcome: TestOutcome; low: number; high: number; progress: number } {
  const { better, minEffect, alpha, rate } = hypothesis;
  const { difference, variance, champion, challenger } = estimate;
  if (!ready(estimate))
    return { outcome: 'running', low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, progress: 0 };
  const half = radius(1 / variance, alpha, rho);
  const [low, high] = [difference - half, difference + half];
  const [least, most] = better === 'higher' ? [low, high] : [-high, -low];
  const progress = Math.min(1, 1 / variance / horizon);
  const enough = !rate || expected(champion, challenger) >= MIN_EXPECTED;
  let outcome: TestOutcome = progress >= 1 ? 'inconclusive' : 'running';
  if (most < minEffect) outcome = 'no-difference';
  if (enough && least > 0) outcome = 'better';
  if (enough && most < 0) outcome = 'worse';
  return { outcome, low, high, progress };
}

const ready = ({ strata, variance }: Estimate): boolean => strata >= MIN_STRATA && variance > 0;

/** How many of the rarer kind either version should have, if their rates were the same. */
function expected(a: SampleTotals, b: SampleTotals): number {
  const rate = (a.sum + b.sum) / (a.n + b.n);
  return Math.min(rate, 1 - rate) * Math.min(a.n, b.n);
}

const MEANING: Record<TestOutcome, (minEffect: string) => string> = {
  better: () => 'the challenger is better',
  worse: () => 'the challenger is worse',
  'no-difference': (minEffect) => `if it is better, then by less than ${minEffect}, which does not matter`,
  inconclusive: (minEffect) => `all that was planned for is there, and no difference of ${minEffect} has shown`,
  running: () => 'not decided yet',
};

function formatEstimate({ metric, rate }: Hypothesis, estimate: Estimate, low: number, high: number): string {
  const side = (name: string, { n, sum }: SampleTotals): string =>
    `${name} ${rate ? `${(100 * (sum / n)).toFixed(2)} %` : short(sum / n)} of ${n}`;
  const signed = (value: number): string => `${value < 0 ? '−' : '+'}${amount(Math.abs(value), rate)}`;
  return (
    `${metric}: ${side('challenger', estimate.challenger)}, ${side('champion', estimate.champion)}; ` +
    `difference ${signed(estimate.difference)} [${signed(low)}, ${signed(high)}] at all looks together`
  );
}

/** A difference; of rates in percentage points. */
const amount = (value: number, rate: boolean): string => (rate ? `${(100 * value).toFixed(2)} pp` : short(value));
const short = (value: number): string => String(Number(value.toPrecision(4)));
