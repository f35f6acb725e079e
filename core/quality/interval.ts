/** 97.5 % quantile of the standard normal distribution: intervals are of 95 %. */
const Z = 1.959963984540054;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval of a proportion, without continuity correction (E. B. Wilson 1927; Brown, Cai & DasGupta
 * 2001 compare).
 *
 * @param n rows, divided by the design effect where they are not independent
 * @param share of them that count
 */
export function wilson(share: number, n: number): Interval | undefined {
  if (!(n > 0) || Number.isNaN(share)) return undefined;
  const z2 = Z * Z;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const radius = (Z / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return { low: Math.max(0, Math.min(share, centre - radius)), high: Math.min(1, Math.max(share, centre + radius)) };
}

/** An estimate and 1.96 of its standard errors to both sides; undefined where the variance is not known. */
export function normalInterval(value: number, variance: number): Interval | undefined {
  if (Number.isNaN(value) || !(variance >= 0)) return undefined;
  const radius = Z * Math.sqrt(variance);
  return { low: value - radius, high: value + radius };
}

/**
 * Ranks between which the quantile of a sample lies, as shares of its rows: those of the binomial distribution of how
 * many rows are below it.
 */
export function quantileRanks(share: number, n: number): Interval | undefined {
  if (!(n > 0)) return undefined;
  const radius = Z * Math.sqrt((share * (1 - share)) / n);
  return { low: Math.max(0, share - radius), high: Math.min(1, share + radius) };
}
