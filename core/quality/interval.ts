import { wilson } from './wilson.ts';

/** 97.5 % quantile of the standard normal distribution: intervals are of 95 %. */
const Z = 1.959963984540054;

export interface ConfidenceInterval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval of a share, without continuity correction; undefined of no rows.
 *
 * @param n rows, divided by the design effect where they are not independent
 */
export function shareInterval(share: number, n: number): ConfidenceInterval | undefined {
  if (!(n > 0) || Number.isNaN(share)) return undefined;
  const [low, high] = wilson(share, n, Z);
  // At 0 and 1 rounding would leave the share itself out.
  return { low: Math.min(share, low), high: Math.max(share, high) };
}

/** An estimate and 1.96 of its standard errors to both sides; undefined where the variance is not known. */
export function normalInterval(value: number, variance: number): ConfidenceInterval | undefined {
  if (Number.isNaN(value) || !(variance >= 0)) return undefined;
  const radius = Z * Math.sqrt(variance);
  return { low: value - radius, high: value + radius };
}

/**
 * Ranks between which the quantile of a sample lies, as shares of its rows: those of the binomial distribution of how
 * many rows are below it.
 */
export function quantileRanks(share: number, n: number): ConfidenceInterval | undefined {
  if (!(n > 0)) return undefined;
  const radius = Z * Math.sqrt((share * (1 - share)) / n);
  return { low: Math.max(0, share - radius), high: Math.min(1, share + radius) };
}
