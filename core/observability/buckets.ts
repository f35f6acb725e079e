/**
 * Edges of latency histograms, seconds: those of Prometheus's Python client, which KServe has, so that quantiles are
 * read off the same bins; and finer ones below, for a tree model runs in twelve microseconds.
 */
export const SECONDS: readonly number[] = [
  0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5,
  0.75, 1, 2.5, 5, 7.5, 10,
];

/** Of probabilities, and of whatever else lies between 0 and 1. */
export const SHARES: readonly number[] = Array.from({ length: 20 }, (_, i) => (i + 1) / 20);

/** Of values that may be anything: 1, 2 and 5 by decades, on both sides of nothing. */
export const VALUES: readonly number[] = (() => {
  const positive = [-2, -1, 0, 1, 2, 3, 4, 5].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)));
  return [...positive.toReversed().map((edge) => -edge), 0, ...positive];
})();

/** Of rows in a batch. */
export const ROW_BUCKETS: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096];
