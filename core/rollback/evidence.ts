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
 * Difference of two rates, p1 - p2, with Newcombe's hybrid score interval, which keeps its coverage for small
 * samples and rates near 0 and 1.
 *
 * Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
 * Medicine 17 (1998) 873-890, method 10.
 */
export function differenceOfRates(p1: number, n1: number, p2: number, n2: number, z = Z95): Difference {
  const [l1, u1] = wilson(p1, n1, z);
  const [l2, u2] = wilson(p2, n2, z);
  const difference = p1 - p2;
  return {
    difference,
    low: difference - Math.hypot(p1 - l1, u2 - p2),
    high: difference + Math.hypot(u1 - p1, p2 - l2),
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
