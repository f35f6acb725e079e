import * as z from 'zod';
import { type ConfidenceInterval, normalInterval } from './interval.ts';

/** One metric of some tallies. */
export const Metric = z.strictObject({
  value: z.number().nullable().describe('null: not defined, and `reason` says why.'),
  low: z
    .number()
    .nullable()
    .describe('Begin of the 95 % interval of what it would be of ever more such rows; null where there is none.'),
  high: z.number().nullable().describe('End of that interval.'),
  method: z
    .enum(['wilson', 'bootstrap', 'delta', 'ranks'])
    .nullable()
    .describe('How the interval was made: Wilson’s score, a bootstrap of the counts, the delta method, or ranks.'),
  bound: z
    .number()
    .min(0)
    .describe('How far the value may be from that of the rows themselves, as scores are counted in bins; 0: exact.'),
  n: z.int().min(0).describe('Rows that it is of.'),
  reason: z.string().nullable().describe('Why it is not defined; null where it is.'),
});
export type Metric = z.infer<typeof Metric>;

export interface MetricParts {
  readonly n: number;
  readonly interval?: ConfidenceInterval | undefined;
  readonly method?: Metric['method'];
  readonly bound?: number;
  /** Said where the value is not a number. */
  readonly undefinedBecause: string;
}

/** A metric of a value; NaN and infinities are "not defined". */
export function estimateOf(
  value: number,
  { n, interval, method = null, bound = 0, undefinedBecause }: MetricParts,
): Metric {
  if (!Number.isFinite(value)) return notDefined(undefinedBecause, n);
  const known = interval && Number.isFinite(interval.low) && Number.isFinite(interval.high) ? interval : undefined;
  return {
    value,
    low: known?.low ?? null,
    high: known?.high ?? null,
    method: known ? method : null,
    bound: Number.isFinite(bound) ? bound : 0,
    n,
    reason: null,
  };
}

/**
 * The mean of losses or costs, none of which is below zero, with the normal interval of its variance.
 *
 * @param variance of the mean, not of the rows
 */
export function nonNegativeMean(
  mean: number,
  variance: number,
  { n, undefinedBecause }: Pick<MetricParts, 'n' | 'undefinedBecause'>,
): Metric {
  const interval = normalInterval(mean, variance);
  return estimateOf(mean, {
    n,
    interval: interval && { low: Math.max(0, interval.low), high: interval.high },
    method: 'delta',
    undefinedBecause,
  });
}

export const notDefined = (reason: string, n = 0): Metric => ({
  value: null,
  low: null,
  high: null,
  method: null,
  bound: 0,
  n,
  reason,
});

export interface MetricOptions {
  /** By what factor variances are larger than those of independent rows. @default 1 */
  readonly designEffect?: number;
  /** Whether only predicted positives have a truth: then precision alone is defined. @default false */
  readonly positivesOnly?: boolean;
  /** What decisions cost. @default that is not known */
  readonly costs?: readonly (readonly number[])[] | undefined;
  /** Of a regression: the median and 90th percentile of the champion's absolute errors. @default they are not known */
  readonly champion?: { readonly median: number; readonly p90: number } | undefined;
}
