import * as z from 'zod';

/** What one version did in one period. */
export const SampleTotals = z.strictObject({
  n: z.int().min(0).describe('Samples.'),
  sum: z.number().describe('Their sum, in the metric’s unit.'),
});
export type SampleTotals = z.infer<typeof SampleTotals>;

/** What two versions did in the same period. */
export interface Stratum {
  readonly champion: SampleTotals;
  readonly challenger: SampleTotals;
}

/** A difference of two means, challenger less champion. */
export interface Estimate {
  readonly difference: number;
  /** Variance of that difference. */
  readonly variance: number;
  /** Periods that both took part in. */
  readonly strata: number;
  readonly champion: SampleTotals;
  readonly challenger: SampleTotals;
}

/**
 * Puts periods together until both versions have a few samples in each, from the oldest on: what is put together
 * depends on counts alone, and never changes when more comes. The unfinished rest is left out.
 *
 * @param periods in order
 * @param least samples that each version must have
 */
export function* strata(periods: Iterable<Stratum>, least = 5): Generator<Stratum> {
  let open: Stratum = { champion: { n: 0, sum: 0 }, challenger: { n: 0, sum: 0 } };
  for (const { champion, challenger } of periods) {
    open = { champion: plus(open.champion, champion), challenger: plus(open.challenger, challenger) };
    if (open.champion.n < least || open.challenger.n < least) continue;
    yield open;
    open = { champion: { n: 0, sum: 0 }, challenger: { n: 0, sum: 0 } };
  }
}

const plus = (a: SampleTotals, b: SampleTotals): SampleTotals => ({ n: a.n + b.n, sum: a.sum + b.sum });

/**
 * Difference of two means, stratified by time: within each stratum the versions saw the same hour, the same data and
 * the same load, so neither a trend nor a change of their shares can pass for an effect (Simpson's paradox). Strata
 * have the weights of Mantel and Haenszel, n1 n2 / (n1 + n2).
 *
 * The variance is that between strata, which needs no model and includes whatever makes samples of a moment alike. It
 * is never less than what it would be if both varied as all of them do together: a challenger of few samples that was
 * lucky seems not to vary at all, and would be declared better for it. For rates that is the binomial variance, of the
 * pooled rate and of each, with one success and one failure added (Agresti & Caffo); for means the champion's own,
 * from the differences of successive strata, which a trend leaves alone (von Neumann).
 *
 * Sources: N. Mantel, W. Haenszel, JNCI 22 (1959) 719-748, and S. Greenland, J. M. Robins, Biometrics 41 (1985) 55-68,
 * for the estimate; A. Agresti, B. Caffo, The American Statistician 54 (2000) 280-288; J. von Neumann, Annals of
 * Mathematical Statistics 12 (1941) 367-395.
 */
export class StratifiedDifference {
  #strata = 0;
  #weight = 0;
  #weighted = 0;
  #w2 = 0;
  #w2d = 0;
  #w2d2 = 0;
  /** Of the champion: the stratum before, and how much strata differ from the one before them, for one sample. */
  #before: SampleTotals | undefined;
  #successive = 0;
  #champion: SampleTotals = { n: 0, sum: 0 };
  #challenger: SampleTotals = { n: 0, sum: 0 };

  /** @param rate whether samples are 0 or 1 */
  constructor(readonly rate: boolean) {}

  /** Adds one stratum; one in which either has no sample says nothing. */
  add({ champion, challenger }: Stratum): this {
    if (champion.n === 0 || challenger.n === 0) return this;
    const d = challenger.sum / challenger.n - champion.sum / champion.n;
    const w = (champion.n * challenger.n) / (champion.n + challenger.n);
    this.#strata++;
    this.#weight += w;
    this.#weighted += w * d;
    this.#w2 += w * w;
    this.#w2d += w * w * d;
    this.#w2d2 += w * w * d * d;
    if (this.#before)
      this.#successive +=
        (champion.sum / champion.n - this.#before.sum / this.#before.n) ** 2 / (1 / champion.n + 1 / this.#before.n);
    this.#before = champion;
    this.#champion = plus(this.#champion, champion);
    this.#challenger = plus(this.#challenger, challenger);
    return this;
  }

  /** The variance is infinite while there are fewer than two strata. */
  estimate(): Estimate {
    const k = this.#strata;
    const champion = this.#champion;
    const challenger = this.#challenger;
    const difference = k === 0 ? 0 : this.#weighted / this.#weight;
    const spread = this.#w2d2 - 2 * difference * this.#w2d + difference * difference * this.#w2;
    const between = k < 2 ? Number.POSITIVE_INFINITY : (Math.max(0, spread) / this.#weight ** 2) * (k / (k - 1));
    const variance = Math.max(between, this.#ifAlike(k));
    return { difference, variance, strata: k, champion, challenger };
  }

  /** The variance if samples of both vary alike. */
  #ifAlike(k: number): number {
    const both = 1 / this.#champion.n + 1 / this.#challenger.n;
    if (!this.rate) return (this.#successive / (k - 1)) * both;
    const pooled = plus(this.#champion, this.#challenger);
    return Math.max(
      binomial(pooled) * both,
      binomial(this.#champion) / this.#champion.n + binomial(this.#challenger) / this.#challenger.n,
    );
  }
}

/** Variance of one sample that is 0 or 1. */
function binomial({ n, sum }: SampleTotals): number {
  const p = (sum + 1) / (n + 2);
  return p * (1 - p);
}
