/**
 * Always-valid inference by a normal mixture: a confidence sequence, which covers the truth at all looks together with
 * probability 1 - alpha, so that whoever looks after every sample and stops when he likes is wrong no more often than
 * he said. It is the mixture sequential probability ratio test (mSPRT) read as an interval.
 *
 * In information time: an estimate with variance v has information I = 1/v, and I times its error moves like a
 * Brownian motion at time I, whatever shares the versions have.
 *
 * Sources: H. Robbins, Annals of Mathematical Statistics 41 (1970) 1397-1409; R. Johari, P. Koomen, L. Pekelis,
 * D. Walsh, "Always valid inference: continuous monitoring of A/B tests", Operations Research 70 (2022) 1806-1821;
 * S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences",
 * Annals of Statistics 49 (2021) 1055-1080; I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas,
 * "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52 (2024) 2613-2640,
 * for the estimated variance.
 */

/**
 * Half the width of the confidence sequence at an information: the two-sided normal mixture bound, divided by I.
 *
 * @param information 1 / variance of the estimate, more than 0
 * @param rho prior precision of the effect: where the bound is tightest (see rhoFor)
 */
export const radius = (information: number, alpha: number, rho: number): number =>
  Math.sqrt((information + rho) * Math.log((information + rho) / (rho * alpha * alpha))) / information;

/** The mixture's likelihood ratio of an estimate against "no difference"; 1 / this is an always-valid p-value. */
export const mixtureRatio = (estimate: number, information: number, rho: number): number =>
  Math.sqrt(rho / (information + rho)) *
  Math.exp((information * information * estimate * estimate) / (2 * (information + rho)));

/**
 * The prior precision whose bound is about tightest at an information. Howard et al. (2021), section 3.5: the
 * optimum has Lambert's W, of which this is the usual approximation.
 */
export function rhoFor(information: number, alpha: number): number {
  const l = -2 * Math.log(alpha);
  return information / (l + Math.log(1 + l));
}

/** What a test plans for: fixed before it begins, by the hypothesis alone. */
export interface Plan {
  readonly rho: number;
  /** Information at which an effect of `minEffect` has been found with probability `power`: the test ends there. */
  readonly horizon: number;
}

/**
 * @param minEffect smallest difference that matters, more than 0
 */
export function planFor(minEffect: number, alpha: number, power: number): Plan {
  const z = normalQuantile(power);
  // In units of the effect: everything scales with it.
  const found = (information: number): boolean => {
    const rho = rhoFor(information, alpha);
    return Math.sqrt(information) * (1 - radius(information, alpha, rho)) >= z;
  };
  let [low, high] = [1, 2];
  while (!found(high)) [low, high] = [high, 2 * high];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (found(middle)) high = middle;
    else low = middle;
  }
  const horizon = high / minEffect ** 2;
  return { rho: rhoFor(horizon, alpha), horizon };
}

/** Coefficients of Acklam's approximation: numerators and denominators of its two rational functions. */
const CENTRE_ABOVE = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const CENTRE_BELOW = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
];
const TAIL_ABOVE = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BELOW = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];

/**
 * Quantile of the standard normal distribution. P. J. Acklam's rational approximation, relative error below 1.15e-9.
 *
 * @param p between 0 and 1, both excluded
 */
export function normalQuantile(p: number): number {
  const tail = 0.02425;
  if (p > 1 - tail) return -normalQuantile(1 - p);
  if (p < tail) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL_ABOVE, q) / polynomial(TAIL_BELOW, q);
  }
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(CENTRE_ABOVE, r) * q) / polynomial(CENTRE_BELOW, r);
}

/** Value of a polynomial; coefficients from the highest power on. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const each of coefficients) sum = sum * x + each;
  return sum;
}
