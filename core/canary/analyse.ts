import * as z from 'zod';
import { type Estimate, SampleTotals } from '../experiment/strata.ts';
import type { AnalysisPolicy } from '../manifest/canary-analysis.ts';
import { differenceOfRates, type Rate, Z99 } from '../rollback/evidence.ts';

/** A metric of challenger and champion over a step. */
export const MetricComparison = z.strictObject({
  metric: z
    .enum(['Failure', 'PredictionError', 'Latency'])
    .describe('Shares of Failure and PredictionError; Latency in milliseconds.'),
  verdict: z
    .enum(['fine', 'worse', 'unclear', 'few'])
    .describe('few: too few samples; unclear: enough of them, and the interval reaches over the margin.'),
  champion: SampleTotals.describe('Samples of the champion.'),
  challenger: SampleTotals.describe('Samples of the challenger.'),
  difference: z.number().nullable().describe('Challenger less champion; null with few samples.'),
  high: z
    .number()
    .nullable()
    .describe(
      'Largest difference not excluded, with 95 % confidence to one side: below the margin it is not inferior.',
    ),
  low: z
    .number()
    .nullable()
    .describe('Smallest difference not excluded, with 99 % confidence, for it is looked at again and again.'),
  margin: z.number().describe('Largest difference that is let pass.'),
  reason: z.string().describe('The comparison in a sentence; also why numbers are null.'),
});
export type MetricComparison = z.infer<typeof MetricComparison>;

/** What a look at a canary's step found; goes into the ledger word for word. */
export const Analysis = z.strictObject({
  verdict: z.enum(['advance', 'wait', 'abort']).describe('What follows for the canary.'),
  reason: z.string().describe('Why, in sentences.'),
  checks: z.array(MetricComparison).describe('One a metric.'),
});
export type Analysis = z.infer<typeof Analysis>;

/** What both did since the step began. */
export interface Figures {
  readonly failure: Pair;
  readonly wrong: Pair;
  /** Milliseconds, stratified by time. */
  readonly latency: Estimate;
}
export interface Pair {
  readonly champion: SampleTotals;
  readonly challenger: SampleTotals;
}

/** One-sided normal quantile of 95 %. */
const Z95_ONE_SIDED = 1.6448536269514722;
/** Longer times that nobody notices, milliseconds. */
const LATENCY_SLACK = 5;
/** Strata below which the spread between them is not known. */
const MIN_STRATA = 10;

/**
 * Whether a canary may take its next step: a test of non-inferiority for each metric. It advances when every
 * difference that is left is below its margin; it is aborted when one is surely worse, by more than its margin; else it
 * waits for more to be seen. Truth comes late, so wrong decisions are waited for only where the policy asks for them,
 * or some are there and do not say enough.
 *
 * Rates are compared by Newcombe's interval (core/rollback/evidence.ts), times by their stratified means.
 */
export function analyse(policy: AnalysisPolicy, { failure, wrong, latency }: Figures): Analysis {
  const checks = [
    rates('Failure', failure, policy.maxFailureIncrease, policy.minSamples),
    rates('PredictionError', wrong, policy.maxWrongIncrease, policy.minSamples),
    times(latency, policy),
  ];
  const worse = checks.filter(({ verdict }) => verdict === 'worse');
  if (worse.length > 0) return { verdict: 'abort', reason: joinReasons(worse), checks };
  const open = checks.filter(
    ({ metric, verdict }) =>
      verdict === 'unclear' || (verdict === 'few' && (metric !== 'PredictionError' || policy.requireTruth)),
  );
  if (open.length > 0) return { verdict: 'wait', reason: joinReasons(open), checks };
  return { verdict: 'advance', reason: joinReasons(checks.filter(({ verdict }) => verdict === 'fine')), checks };
}

const joinReasons = (checks: readonly MetricComparison[]): string => checks.map(({ reason }) => reason).join('; ');

function rates(
  metric: 'Failure' | 'PredictionError',
  { champion, challenger }: Pair,
  margin: number,
  least: number,
): MetricComparison {
  const common = { metric, champion, challenger, margin };
  if (champion.n < least || challenger.n < least) return { ...common, ...few(metric, champion, challenger, least) };
  const [p, q] = [rateOf(challenger), rateOf(champion)];
  const { difference, high } = differenceOfRates(p, q, Z95_ONE_SIDED);
  const { low } = differenceOfRates(p, q, Z99);
  const seen = `${metric}: ${percent(p.mean)} of ${p.samples} against ${percent(q.mean)} of ${q.samples}`;
  return { ...common, difference, high, low, ...verdictOf(seen, { difference, high, low }, margin, points) };
}

const rateOf = ({ n, sum }: SampleTotals): Rate => ({ mean: sum / n, samples: n });

function times(estimate: Estimate, { maxLatencyRatio, minSamples }: AnalysisPolicy): MetricComparison {
  const { champion, challenger, difference, variance, strata } = estimate;
  const mean = champion.n === 0 ? 0 : champion.sum / champion.n;
  const margin = Math.max((maxLatencyRatio - 1) * mean, LATENCY_SLACK);
  const common = { metric: 'Latency' as const, champion, challenger, margin };
  if (champion.n < minSamples || challenger.n < minSamples || strata < MIN_STRATA)
    return { ...common, ...few('Latency', champion, challenger, minSamples) };
  const error = Math.sqrt(variance);
  const interval = { difference, high: difference + Z95_ONE_SIDED * error, low: difference - Z99 * error };
  const seen = `Latency: ${milliseconds(challenger.sum / challenger.n)} against ${milliseconds(mean)}`;
  return { ...common, ...interval, ...verdictOf(seen, interval, margin, signedMs) };
}

function verdictOf(
  seen: string,
  { difference, high, low }: { difference: number; high: number; low: number },
  margin: number,
  text: (value: number) => string,
): Pick<MetricComparison, 'verdict' | 'reason'> {
  const gap = `${text(difference)} [${text(low)}, ${text(high)}], ${text(margin)} are let pass`;
  if (low > 0 && difference >= margin) return { verdict: 'worse', reason: `${seen}: worse, ${gap}` };
  if (high < margin) return { verdict: 'fine', reason: `${seen}: not worse, ${gap}` };
  return { verdict: 'unclear', reason: `${seen}: not clear yet, ${gap}` };
}

const few = (metric: string, champion: SampleTotals, challenger: SampleTotals, least: number) => ({
  verdict: 'few' as const,
  difference: null,
  high: null,
  low: null,
  reason: `${metric}: ${challenger.n} samples of the challenger and ${champion.n} of the champion, ${least} of each are needed`,
});

const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
const points = (rate: number): string => `${sign(rate)}${(100 * Math.abs(rate)).toFixed(1)} pp`;
const milliseconds = (ms: number): string => `${Number(ms.toPrecision(3))} ms`;
const signedMs = (ms: number): string => `${sign(ms)}${milliseconds(Math.abs(ms))}`;
const sign = (value: number): string => (value < 0 ? '−' : '+');
