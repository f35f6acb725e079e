import { radius, rhoFor } from '../experiment/sequential.ts';
import { type Counts, type JudgedStratum, totalOf } from './counts.ts';

/** So many of either kind, bad and not, must be expected of each version: below, the normal approximation is lopsided. */
const MIN_EXPECTED = 20;

/** Information, in units of 1 / margin squared, at which the bound of a step is about tightest. */
const STEP_INFORMATION = 12;

/** An estimate of p_suspect - ratio * p_reference. */
export interface RateDifference {
  readonly estimate: number;
  /** Infinite while there is nothing to estimate it by. */
  readonly variance: number;
  /** Whether enough was counted for a normal bound. */
  readonly normal: boolean;
  /** Rate of both together. */
  readonly pooled: number;
}

/**
 * p_suspect - ratio * p_reference within strata, summed with the weights of Mantel and Haenszel, n1 n2 / (n1 + n2): within
 * a stratum both saw the same hours at the same shares, so neither a trend nor a change of shares passes for a
 * difference. The variance is binomial with one of each kind added (Agresti & Caffo), at the rates of each version and,
 * where that is more, at those of both together.
 *
 * Sources: N. Mantel, W. Haenszel, JNCI 22 (1959) 719-748; S. Greenland, J. M. Robins, Biometrics 41 (1985) 55-68;
 * A. Agresti, B. Caffo, The American Statistician 54 (2000) 280-288.
 */
export function rateDifference(strata: readonly JudgedStratum[], ratio = 1): RateDifference {
  const both = strata.filter(({ suspect, reference }) => suspect.n > 0 && reference.n > 0);
  const { suspect, reference } = totalOf(both);
  const pooled = (suspect.bad + reference.bad) / (suspect.n + reference.n);
  let [weight, weighted, suspectPart, referencePart] = [0, 0, 0, 0];
  for (const { suspect: a, reference: b } of both) {
    const w = (a.n * b.n) / (a.n + b.n);
    weight += w;
    weighted += w * (a.bad / a.n - ratio * (b.bad / b.n));
    suspectPart += (w * w) / a.n;
    referencePart += (w * w) / b.n;
  }
  if (weight === 0) return { estimate: 0, variance: Number.POSITIVE_INFINITY, normal: false, pooled: 0 };
  const together = bernoulli({ n: suspect.n + reference.n, bad: suspect.bad + reference.bad });
  const variance =
    (Math.max(bernoulli(suspect), ratio === 1 ? together : 0) * suspectPart +
      ratio * ratio * Math.max(bernoulli(reference), ratio === 1 ? together : 0) * referencePart) /
    (weight * weight);
  const expected = Math.min(pooled, 1 - pooled) * Math.min(suspect.n, reference.n);
  return { estimate: weighted / weight, variance, normal: expected >= MIN_EXPECTED, pooled };
}

/**
 * The logarithm of an e-value against "p_suspect - ratio * p_reference is 0": the normal mixture, with a prior as wide as
 * half of the pooled variance of one trial. 0, so no evidence, while too little is there for it.
 *
 * Source: I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas, Annals of Statistics 52 (2024) 2613-2640.
 */
export function logDifference({ estimate, variance, normal, pooled }: RateDifference): number {
  if (!normal) return 0;
  const rho = 1 / (0.5 * pooled * (1 - pooled)) ** 2;
  // As its logarithm, for the ratio of very much traffic is beyond all doubles (see mixtureRatio).
  const information = 1 / variance;
  return 0.5 * Math.log(rho / (information + rho)) + (information * estimate) ** 2 / (2 * (information + rho));
}

/**
 * The asymptotic confidence sequence of the difference, tightest when a margin of that width is about to be told from 0.
 *
 * @returns half its width; infinite while too little is there
 */
export function differenceRadius({ variance, normal }: RateDifference, alpha: number, margin: number): number {
  if (!normal) return Number.POSITIVE_INFINITY;
  return radius(1 / variance, alpha, rhoFor(STEP_INFORMATION / margin ** 2, alpha));
}

/** Variance of one trial. */
function bernoulli({ n, bad }: Counts): number {
  const p = (bad + 1) / (n + 2);
  return p * (1 - p);
}
