import { absoluteErrorQuantile, shareAbove } from './binned-errors.ts';
import { normalInterval, quantileRanks, shareInterval } from './interval.ts';
import { estimateOf, type Metric, type MetricOptions } from './metric.ts';
import { meanOf, TOO_LARGE, varianceOf } from './moments.ts';
import type { RegressionTally } from './regression.ts';

export type RegressionMetricName =
  | 'mae'
  | 'rmse'
  | 'bias'
  | 'r2'
  | 'medianAbsoluteError'
  | 'p90AbsoluteError'
  | 'withinTolerance'
  | 'errorRate'
  | 'errorAboveMedian'
  | 'errorAboveP90'
  | 'invalidRate';

/** Metrics of estimates by name; those of a tolerance only where the decision has one. */
export type RegressionMetrics = Partial<Record<RegressionMetricName, Metric>>;

const NO_ROWS = 'there are no estimates';

export function regressionMetrics(tally: RegressionTally, options: MetricOptions = {}): RegressionMetrics {
  return {
    ...meanMetrics(tally, options),
    ...quantileMetrics(tally, options),
    ...shareMetrics(tally, options),
    ...championMetrics(tally, options),
  };
}

/** Of the rows that have an estimate; exact to rounding. */
function meanMetrics(tally: RegressionTally, { designEffect = 1 }: MetricOptions): RegressionMetrics {
  const { error, absolute, products, y } = tally;
  const { n } = error;
  const delta = (value: number, variance: number): Metric =>
    estimateOf(value, {
      n,
      interval: normalInterval(value, (designEffect * variance) / n),
      method: 'delta',
      undefinedBecause: n === 0 ? NO_ROWS : TOO_LARGE,
    });
  const squared = n === 0 || error.m2 === null ? Number.NaN : error.m2 / n + meanOf(error) ** 2;
  const rmse = Math.sqrt(squared);
  const ofSquared = products.e4 === null ? Number.NaN : Math.max(0, products.e4 / n - squared * squared);
  const r2 = y.m2 === null || y.m2 === 0 ? Number.NaN : 1 - (squared * n) / y.m2;
  return {
    mae: notBelowZero(delta(meanOf(absolute), varianceOf(absolute))),
    rmse: notBelowZero(delta(rmse, squared === 0 ? 0 : ofSquared / (4 * squared))),
    bias: delta(meanOf(error), varianceOf(error)),
    r2: estimateOf(r2, {
      n,
      interval: normalInterval(r2, (designEffect * r2Variance(tally, squared, ofSquared)) / n),
      method: 'delta',
      undefinedBecause: y.m2 === 0 ? 'it takes two different truths' : TOO_LARGE,
    }),
  };
}

/**
 * Variance of one row's part in 1 - A / B, where A is the mean of a = e² and B that of b = (y - mean)²; NaN where it
 * is lost to cancellation, or not known.
 */
function r2Variance({ y, products }: RegressionTally, A: number, varianceOfA: number): number {
  const { n } = y;
  const { e2y, e2y2, y3, y4 } = products;
  if (y.m2 === null || e2y === null || e2y2 === null || y3 === null || y4 === null) return Number.NaN;
  const m = meanOf(y);
  const B = y.m2 / n;
  const b2 = (y4 - 4 * m * y3 + 6 * m ** 2 * (y.m2 + n * m ** 2) - 3 * n * m ** 4) / n;
  const ab = (e2y2 - 2 * m * e2y + m ** 2 * A * n) / n;
  const varianceOfB = b2 - B ** 2;
  const variance = varianceOfA / B ** 2 + (A ** 2 * varianceOfB) / B ** 4 - (2 * A * (ab - A * B)) / B ** 3;
  const lost = 1e-12 * (y4 / n) > 0.01 * B ** 2;
  return lost || varianceOfB < 0 || variance < 0 ? Number.NaN : variance;
}

const notBelowZero = (metric: Metric): Metric =>
  metric.low === null ? metric : { ...metric, low: Math.max(0, metric.low) };

function quantileMetrics(tally: RegressionTally, { designEffect = 1 }: MetricOptions): RegressionMetrics {
  const { n } = tally.absolute;
  const quantile = (share: number): Metric => {
    const ranks = quantileRanks(share, n / designEffect);
    const { value, bound } = absoluteErrorQuantile(tally, share);
    return estimateOf(value, {
      n,
      interval: ranks && {
        low: Math.min(value, absoluteErrorQuantile(tally, ranks.low).value),
        high: Math.max(value, absoluteErrorQuantile(tally, ranks.high).value),
      },
      method: 'ranks',
      bound,
      undefinedBecause: NO_ROWS,
    });
  };
  return { medianAbsoluteError: quantile(0.5), p90AbsoluteError: quantile(0.9) };
}

/** An estimate without a number is not within any tolerance. */
function shareMetrics(
  { invalid, within, error }: RegressionTally,
  { designEffect = 1 }: MetricOptions,
): RegressionMetrics {
  const n = error.n + invalid;
  const share = (value: number): Metric =>
    estimateOf(value, {
      n,
      interval: shareInterval(value, n / designEffect),
      method: 'wilson',
      undefinedBecause: 'there are no rows',
    });
  return {
    ...(within === undefined ? {} : { withinTolerance: share(within / n), errorRate: share((n - within) / n) }),
    invalidRate: share(invalid / n),
  };
}

/** How often errors are larger than half, and than nine tenths, of the champion's. */
function championMetrics(tally: RegressionTally, { designEffect = 1, champion }: MetricOptions): RegressionMetrics {
  if (champion === undefined) return {};
  const n = tally.error.n + tally.invalid;
  const share = (of: number): Metric => {
    const { value, bound } = shareAbove(tally, of);
    return estimateOf(value, {
      n,
      interval: shareInterval(value, n / designEffect),
      method: 'wilson',
      bound,
      undefinedBecause: 'there are no rows',
    });
  };
  return { errorAboveMedian: share(champion.median), errorAboveP90: share(champion.p90) };
}
