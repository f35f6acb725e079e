/** An estimate of a part of the variance of a mean, and how many degrees of freedom it was estimated with. */
export interface VariancePart {
  readonly variance: number;
  readonly degrees: number;
}

/** 97.5 % quantiles of Student's t by degrees of freedom. */
const T = [
  [1, 12.7062],
  [2, 4.3027],
  [3, 3.1824],
  [4, 2.7764],
  [5, 2.5706],
  [6, 2.4469],
  [8, 2.306],
  [12, 2.1788],
  [24, 2.0639],
  [120, 1.9799],
  [Number.POSITIVE_INFINITY, 1.96],
] as const;

/** Between the table's entries straight in the reciprocal of the degrees, which is never too small. */
export function studentT(degrees: number): number {
  const i = T.findIndex(([own]) => degrees <= own);
  if (i <= 0) return T[0][1];
  const [[few, high], [many, low]] = [T[i - 1]!, T[i]!];
  return low + ((high - low) * (1 / degrees - 1 / many)) / (1 / few - 1 / many);
}

/**
 * Standard error of a mean whose variance is the sum of parts that were estimated each by itself, such that 1.96 of it
 * to both sides hold the true value in 95 of 100 draws: it is wider than the root of the variance by what Student's t is
 * wider than the normal distribution, with the degrees of freedom of Satterthwaite ("An approximate distribution of
 * estimates of variance components", Biometrics Bulletin 2, 1946; Welch 1947).
 */
export function standardError(parts: Iterable<VariancePart>): number {
  let [sum, doubt] = [0, 0];
  for (const { variance, degrees } of parts) {
    sum += variance;
    doubt += variance ** 2 / Math.max(1, degrees);
  }
  return sum === 0 ? 0 : (Math.sqrt(sum) * studentT(sum ** 2 / doubt)) / 1.96;
}

/**
 * What a mean of n numbers has for variance because of what was not seen: one number more, that far from the others.
 * Contributions that are rare are missing from a sample more often than its spread would let anybody think, and a
 * spread of nothing is no knowledge; an event not seen in n draws has a chance of about 1 in n (Laplace's rule of
 * succession; Agresti & Coull, "Approximate is better than exact", The American Statistician 52, 1998, add some of each
 * kind for the same reason).
 *
 * @param n       numbers in the mean
 * @param degrees those of the pooled spread that the number is added to
 */
export const unseen = (distance: number, n: number, degrees: number): VariancePart => ({
  variance: distance ** 2 / Math.max(1, degrees) / n,
  degrees,
});

/** Variance of n numbers by their sum and the sum of their squares; of one number, its square. */
export const spread = (sum: number, square: number, n: number): number =>
  n < 2 ? square : Math.max(0, (square - sum ** 2 / n) / (n - 1));
