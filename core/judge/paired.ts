/** Two versions asked about the same requests, or rows: of how many the answer of either was bad. */
export interface PairedCounts {
  readonly n: number;
  readonly both: number;
  readonly suspectOnly: number;
  readonly referenceOnly: number;
}

/**
 * The logarithm of an e-value against "of the requests that one version alone is bad at, the suspect's are at most as
 * many as the reference's": McNemar's test as a test martingale, valid at every look.
 *
 * Only discordant pairs speak. If the versions are alike each is a draw of a fair coin, and the likelihood ratio of a
 * coin that falls to the suspect with probability q is (2 q)^a (2 (1 - q))^b after a draws to it and b to the other. The
 * mean over q, uniform on (1/2, 1], is
 *
 *   2^(a + b + 1) B(a + 1, b + 1) (1 - I_1/2(a + 1, b + 1)) = sum over k <= a of C(a + b + 1, k) / ((a + b + 1) C(a + b, a)).
 *
 * The chance that it ever exceeds 1 / alpha is at most alpha (Ville), also where the coin is less than fair: then every
 * factor shrinks it. One way, 12 pairs are needed at 0.2 %, 14 at 0.05 %.
 *
 * Sources: Q. McNemar, Psychometrika 12 (1947) 153-157; H. Robbins, Annals of Mathematical Statistics 41 (1970)
 * 1397-1409 (mixtures); NIST DLMF 8.17.5 (the incomplete beta function as a binomial sum).
 */
export function logPairs({
  suspectOnly: a,
  referenceOnly: b,
}: Pick<PairedCounts, 'suspectOnly' | 'referenceOnly'>): number {
  // Terms from k = a down, relative to that of k = a, scaled so that none overflows.
  let [term, sum, scale] = [1, 1, 0];
  for (let k = a; k > 0; k--) {
    term *= k / (a + b + 2 - k);
    sum += term;
    if (sum > 1e200) [term, sum, scale] = [term / sum, 1, scale + Math.log(sum)];
    else if (term < 1e-17 * sum) break;
  }
  // C(a + b + 1, a) / ((a + b + 1) C(a + b, a)) = 1 / (b + 1).
  return Math.log(sum) + scale - Math.log(b + 1);
}

/** No requests. */
export const NO_PAIRS: PairedCounts = { n: 0, both: 0, suspectOnly: 0, referenceOnly: 0 };

export const addPairs = (a: PairedCounts, b: PairedCounts): PairedCounts => ({
  n: a.n + b.n,
  both: a.both + b.both,
  suspectOnly: a.suspectOnly + b.suspectOnly,
  referenceOnly: a.referenceOnly + b.referenceOnly,
});
