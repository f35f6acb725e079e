import { normalInterval } from './interval.ts';
import { estimateOf, type Metric, type MetricOptions } from './metric.ts';
import { type Moments, meanOf, TOO_LARGE, varianceOf } from './moments.ts';

/** What predictions turned out to be worth, in terms of one business metric. */
export interface BusinessValue {
  readonly mean: Metric;
  readonly total: Metric;
}

export function businessValue(values: Moments, { designEffect = 1 }: MetricOptions = {}): BusinessValue {
  const { n, sum } = values;
  const undefinedBecause = n === 0 ? 'there are no values' : TOO_LARGE;
  const mean = meanOf(values);
  const interval = normalInterval(mean, (designEffect * varianceOf(values)) / n);
  return {
    mean: estimateOf(mean, { n, interval, method: 'delta', undefinedBecause }),
    total: estimateOf(n === 0 || sum === null ? Number.NaN : sum, { n, undefinedBecause }),
  };
}
