import type { Counts } from './counts.ts';

/** Parameters of the mixture's Beta distribution (Jeffreys). */
const PRIOR = 0.5;

/**
 * The confidence sequence of one rate by a beta-binomial mixture: exact, and valid at all looks together. A rate p is in
 * it as long as the mixture's likelihood ratio against p is below 1 / alpha.
 *
 * Source: H. Robbins, Annals of Mathematical Statistics 41 (1970) 1397-1409; S. R. Howard, A. Ramdas, J. McAuliffe,
 * J. Sekhon, Annals of Statistics 49 (2021) 1055-1080, section 3.
 *
 * @returns [0, 1] of no trials
 */
export function proportionBounds({ n, bad }: Counts, alpha: number): [low: number, high: number] {
  if (n === 0) return [0, 1];
  const good = n - bad;
  const level = logBeta(bad + PRIOR, good + PRIOR) - logBeta(PRIOR, PRIOR) + Math.log(alpha);
  // The likelihood of p falls off to both sides of the estimate.
  const excluded = (p: number): boolean => xLogY(bad, p) + xLogY(good, 1 - p) <= level;
  const estimate = bad / n;
  return [bad === 0 ? 0 : edge(0, estimate, excluded), good === 0 ? 1 : edge(1, estimate, excluded)];
}

/** Where `excluded` ends, between a rate that is and one that is not. */
function edge(outside: number, inside: number, excluded: (p: number) => boolean): number {
  let [out, within] = [outside, inside];
  for (let i = 0; i < 60; i++) {
    const middle = (out + within) / 2;
    if (excluded(middle)) out = middle;
    else within = middle;
  }
  return out;
}

const xLogY = (x: number, y: number): number => (x === 0 ? 0 : x * Math.log(y));

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

/** Shift below which Stirling's series is not used. */
const STIRLING_FROM = 8;

/** ln Γ(x) of a positive x by Stirling's series (NIST DLMF 5.11.1), relative error below 1e-10. */
function logGamma(x: number): number {
  let [shifted, log] = [x, 0];
  for (; shifted < STIRLING_FROM; shifted++) log -= Math.log(shifted);
  const inverse = 1 / (shifted * shifted);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1_260 - inverse / 1_680))) / shifted;
  return log + (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series;
}
