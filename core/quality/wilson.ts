/** Two-sided normal quantile of 95 %. */
export const Z95 = 1.959963984540054;

/**
 * Wilson's score interval of a rate, of a single look. E. B. Wilson, "Probable inference, the law of succession, and
 * statistical inference", JASA 22 (1927) 209-212.
 *
 * @param p rate, 0 to 1
 * @param n samples, more than 0
 */
export function wilson(p: number, n: number, z = Z95): [low: number, high: number] {
  const z2 = z * z;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  // At the ends the bounds are the ends, which rounding would miss.
  return [p <= 0 ? 0 : Math.max(0, centre - half), p >= 1 ? 1 : Math.min(1, centre + half)];
}
