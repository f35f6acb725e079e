import type { Variant } from '../serving/variant.ts';

/** A 0/1 metric (or a value) of one version over a window. */
export interface MetricObservation {
  readonly version: number;
  /** Its part at the time of the alarm; `predecessor` held the traffic before the release, over the window before it. */
  readonly role: Variant | 'predecessor';
  /** Samples in the window. */
  readonly samples: number;
  /** Their mean: for a 0/1 metric the rate. 0 when there are none. */
  readonly mean: number;
}

/** What a rollback decision rests on; goes into the ledger word for word. */
export interface Evidence {
  readonly metric: string;
  /** Whether the metric is 0/1, so that means are rates; else means are compared by their ratio. */
  readonly rate: boolean;
  /** ISO 8601; the window of the variants. */
  readonly from: string;
  readonly to: string;
  readonly observations: readonly MetricObservation[];
  /** The rate on the reference, when there is one. */
  readonly baseline?: number;
  /** Threshold of the alarm. */
  readonly threshold: number;
}

/** A rate and the number of samples that it is the mean of. */
export type Rate = Pick<MetricObservation, 'mean' | 'samples'>;

export interface Difference {
  readonly difference: number;
  /** Interval of the difference. */
  readonly low: number;
  readonly high: number;
}

/** Two-sided normal quantiles. */
export const Z95 = 1.959963984540054;
export const Z99 = 2.5758293035489004;

/**
 * Difference of two rates, a - b, with Newcombe's hybrid score interval, which keeps its coverage for small
 * samples and rates near 0 and 1.
 *
 * Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
 * Medicine 17 (1998) 873-890, method 10.
 */
export function differenceOfRates(a: Rate, b: Rate, z = Z95): Difference {
  const [lowA, highA] = wilson(a.mean, a.samples, z);
  const [lowB, highB] = wilson(b.mean, b.samples, z);
  const difference = a.mean - b.mean;
  return {
    difference,
    low: difference - Math.hypot(a.mean - lowA, highB - b.mean),
    high: difference + Math.hypot(highA - a.mean, b.mean - lowB),
  };
}

/**
 * Wilson's score interval of a rate. E. B. Wilson, "Probable inference, the law of succession, and statistical
 * inference", JASA 22 (1927) 209-212.
 *
 * @param p rate, 0 to 1
 * @param n samples, more than 0
 */
export function wilson(p: number, n: number, z = Z95): [low: number, high: number] {
  const z2 = z * z;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
