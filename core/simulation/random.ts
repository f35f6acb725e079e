/** Below this mean, counts are drawn by inversion; above, by transformed rejection. */
const INVERSION_LIMIT = 10;

/**
 * Draws with a seed. A draw may be given a place of its own (`at`), so that what is drawn there does not depend on what
 * was drawn elsewhere, nor in which order.
 *
 * The generator is sfc32 (C. Doty-Humphrey's PractRand), seeded through the finalizer of MurmurHash3.
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  constructor(private readonly seed: number) {
    this.at(0);
  }

  /** Goes to a place, named by whole numbers. */
  at(...place: readonly number[]): this {
    let h = mix(this.seed | 0);
    for (const part of place) h = mix(h ^ mix((part | 0) ^ Math.floor(part / 0x1_0000_0000)) ^ 0x9e3779b9);
    this.#a = h;
    this.#b = mix(h + 0x6d2b79f5);
    this.#c = mix(h ^ 0x85ebca6b);
    this.#counter = 1;
    for (let i = 0; i < 8; i++) this.uniform();
    return this;
  }

  /** In (0, 1): never 0, whose logarithm would be none. */
  uniform(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return ((t >>> 0) + 0.5) / 0x1_0000_0000;
  }

  /**
   * How many of `n` trials succeed. Exact: inversion where few are expected, else BTRS (W. Hörmann, "The generation of
   * binomial random variates", Journal of Statistical Computation and Simulation 46 (1993) 101-110), whose time does
   * not grow with n.
   */
  binomial(n: number, p: number): number {
    if (n <= 0 || p <= 0) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - this.binomial(n, 1 - p);
    return n * p < INVERSION_LIMIT ? this.#binomialByInversion(n, p) : this.#binomialByRejection(n, p);
  }

  /**
   * A Poisson count. Exact: inversion for small means, else PTRS (W. Hörmann, "The transformed rejection method for
   * generating Poisson random variables", Insurance: Mathematics and Economics 12 (1993) 39-45).
   */
  poisson(mean: number): number {
    if (mean <= 0) return 0;
    return mean < INVERSION_LIMIT ? this.#poissonByInversion(mean) : this.#poissonByRejection(mean);
  }

  /** How `n` things fall into cells of these probabilities, which sum to 1 or less; the last cell has the rest. */
  multinomial(n: number, probabilities: ArrayLike<number>): number[] {
    const counts: number[] = [];
    let left = n;
    let mass = 1;
    const last = probabilities.length - 1;
    for (let i = 0; i < last; i++) {
      const count = left === 0 || mass <= 0 ? 0 : this.binomial(left, Math.min(1, probabilities[i]! / mass));
      counts.push(count);
      left -= count;
      mass -= probabilities[i]!;
    }
    counts.push(left);
    return counts;
  }

  #binomialByInversion(n: number, p: number): number {
    const odds = p / (1 - p);
    for (;;) {
      let u = this.uniform();
      let mass = (1 - p) ** n;
      // Sums of rounded masses may stay below a u next to 1: drawn again.
      for (let k = 0; k <= n; k++) {
        if (u < mass) return k;
        u -= mass;
        mass *= (odds * (n - k)) / (k + 1);
        if (mass === 0) break;
      }
    }
  }

  #binomialByRejection(n: number, p: number): number {
    const spread = Math.sqrt(n * p * (1 - p));
    const b = 1.15 + 2.53 * spread;
    const a = -0.0873 + 0.0248 * b + 0.01 * p;
    const c = n * p + 0.5;
    const squeeze = 0.92 - 4.2 / b;
    const alpha = (2.83 + 5.1 / b) * spread;
    const mode = Math.floor((n + 1) * p);
    const odds = Math.log(p / (1 - p));
    const atMode = logFactorial(mode) + logFactorial(n - mode);
    for (;;) {
      const u = this.uniform() - 0.5;
      const v = this.uniform();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + c);
      if (us >= 0.07 && v <= squeeze) return k;
      if (k < 0 || k > n) continue;
      const bound = Math.log((v * alpha) / (a / (us * us) + b));
      if (bound <= atMode - logFactorial(k) - logFactorial(n - k) + (k - mode) * odds) return k;
    }
  }

  #poissonByInversion(mean: number): number {
    for (;;) {
      let u = this.uniform();
      let mass = Math.exp(-mean);
      for (let k = 0; mass > 0; k++) {
        if (u < mass) return k;
        u -= mass;
        mass *= mean / (k + 1);
      }
    }
  }

  #poissonByRejection(mean: number): number {
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const alpha = 1.1239 + 1.1328 / (b - 3.4);
    const squeeze = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
      const u = this.uniform() - 0.5;
      const v = this.uniform();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= squeeze) return k;
      if (k < 0 || (us < 0.013 && v > us)) continue;
      if (Math.log((v * alpha) / (a / (us * us) + b)) <= k * Math.log(mean) - mean - logFactorial(k)) return k;
    }
  }
}

function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

const SMALL_FACTORIALS = Array.from({ length: 16 }, (_, k) => {
  let sum = 0;
  for (let i = 2; i <= k; i++) sum += Math.log(i);
  return sum;
});

/** ln k!, by Stirling's series from 16 on: its error is below 1e-11 there. */
function logFactorial(k: number): number {
  if (k < SMALL_FACTORIALS.length) return SMALL_FACTORIALS[k]!;
  const x = k + 1;
  const r = 1 / (x * x);
  return (x - 0.5) * Math.log(x) - x + 0.9189385332046728 + (1 / 12 - (1 / 360 - r / 1260) * r) / x;
}
