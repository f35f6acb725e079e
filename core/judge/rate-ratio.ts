import { addCounts, type Counts, type JudgedStratum, NO_COUNTS } from './counts.ts';

/** Ratios of the rates, over the one of the hypothesis, that the mixture is made of: from 1.1 to about 10,000. */
const RATIOS = Array.from({ length: 62 }, (_, i) => Math.exp(0.1 + 0.15 * i));

/**
 * The logarithm of an e-value against "the suspect's rate of bad trials is at most `ratio` times the reference's": the
 * exact conditional mixture, valid at any rate, however rare, and at every look.
 *
 * Given that a trial is bad, it is the suspect's with a probability that the shares of the traffic fix: s if the rates
 * are alike, s r / (s r + 1 - s) if they have the ratio r. Bad trials are then draws of a coin, whatever their rate and
 * however it changes, and the likelihood ratio against the coin of the hypothesis is a martingale; so is the mean over
 * ratios above it, log-uniform on a fixed grid. The chance that it ever exceeds 1 / alpha is at most alpha (Ville).
 *
 * The share is that of the design, or what was served where that is more: then less is held against the suspect.
 *
 * Sources: J. Ville, Étude critique de la notion de collectif (1939); H. Robbins, Annals of Mathematical Statistics 41
 * (1970) 1397-1409 (mixtures); J. Przyborowski, H. Wilenski, Biometrika 31 (1940) 313-323 (two Poisson means given
 * their sum).
 */
export function logRateRatio(strata: readonly JudgedStratum[], ratio = 1): number {
  const coins = coinsOf(strata, ratio);
  if (coins.length === 0) return 0;
  const logs = RATIOS.map((r) => {
    let log = 0;
    for (const { share, suspect, reference } of coins) {
      const odds = (share / (1 - share)) * r;
      log += suspect * Math.log(odds / (1 + odds) / share) + reference * Math.log(1 / (1 + odds) / (1 - share));
    }
    return log;
  });
  const largest = Math.max(...logs);
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0) / logs.length);
}

/** Bad trials whose share is the same if the hypothesis holds. */
interface Coin {
  readonly share: number;
  readonly suspect: number;
  readonly reference: number;
}

/** Without chance between them, the reference counts as if it had made at most as many trials as the suspect. */
function evened({ suspect, reference, ...rest }: JudgedStratum): JudgedStratum & { share: number } {
  const part = Math.min(1, suspect.n / reference.n);
  return { ...rest, share: 0.5, suspect, reference: { n: part * reference.n, bad: part * reference.bad } };
}

/** Strata of the same shares are one coin, so that what was served by chance in a short one does not count. */
function coinsOf(strata: readonly JudgedStratum[], ratio: number): Coin[] {
  const byShare = new Map<number, { suspect: Counts; reference: Counts }>();
  for (const each of strata) {
    const { share, suspect, reference } = each.share === undefined ? evened(each) : { ...each, share: each.share };
    const known = byShare.get(share) ?? { suspect: NO_COUNTS, reference: NO_COUNTS };
    byShare.set(share, {
      suspect: addCounts(known.suspect, suspect),
      reference: addCounts(known.reference, reference),
    });
  }
  return [...byShare].flatMap(([design, { suspect, reference }]) => {
    if (suspect.n === 0 || reference.n === 0) return [];
    const share = Math.max(design, suspect.n / (suspect.n + reference.n));
    const odds = (share / (1 - share)) * ratio;
    return [{ share: odds / (1 + odds), suspect: suspect.bad, reference: reference.bad }];
  });
}
