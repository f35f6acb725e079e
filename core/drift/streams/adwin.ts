import type { StreamDetector, StreamState } from './detector.ts';

export interface AdwinOptions {
  /** Confidence of a drift. @default 0.002 */
  readonly delta?: number;
  /** Values between two looks. @default 32 */
  readonly clock?: number;
  /** Buckets of a size before two are merged. @default 5 */
  readonly maxBuckets?: number;
  /** Fewest values of a part of the window. @default 5 */
  readonly minPart?: number;
  /** Values before which nothing is said. @default 10 */
  readonly grace?: number;
}

interface Bucket {
  readonly total: number;
  /** Sum of squared deviations within it. */
  readonly variance: number;
}

/**
 * ADWIN (adaptive windowing): detects a change of the mean in either direction. Its window grows as long as the mean is
 * stable; when the window can be cut into two parts with different means, that is a drift and the older values are
 * dropped. The window is an exponential histogram, so memory grows with the logarithm of its length.
 *
 * Cuts are looked for as in the original implementation: the newest bucket of each row always belongs to the newer
 * part.
 *
 * Source: Bifet & Gavaldà, "Learning from time-changing data with adaptive windowing", SDM (2007).
 */
export class Adwin implements StreamDetector {
  /** Row i holds buckets of 2^i values, oldest first. */
  private readonly rows: Bucket[][] = [[]];
  private seen = 0;
  private width = 0;
  private total = 0;
  private variance = 0;
  private readonly options: Required<AdwinOptions>;

  constructor(options: AdwinOptions = {}) {
    this.options = { delta: 0.002, clock: 32, maxBuckets: 5, minPart: 5, grace: 10, ...options };
  }

  /** Mean of the window. */
  get mean(): number {
    return this.width === 0 ? 0 : this.total / this.width;
  }

  add(value: number): StreamState {
    this.seen++;
    if (this.width > 0) this.variance += (this.width * (value - this.mean) ** 2) / (this.width + 1);
    this.width++;
    this.total += value;
    this.rows[0]!.push({ total: value, variance: 0 });
    this.compress();
    const { clock, grace } = this.options;
    if (this.seen % clock !== 0 || this.width <= grace) return 'stable';
    let drift = false;
    while (this.cutFound()) {
      drift = true;
      this.discardOldest();
    }
    return drift ? 'drift' : 'stable';
  }

  private compress(): void {
    for (let i = 0; i < this.rows.length; i++) {
      const row = this.rows[i]!;
      if (row.length <= this.options.maxBuckets) break;
      const [a, b] = row.splice(0, 2) as [Bucket, Bucket];
      const n = 2 ** i;
      const next = this.rows[i + 1] ?? [];
      this.rows[i + 1] = next;
      next.push({
        total: a.total + b.total,
        variance: a.variance + b.variance + (n * (a.total / n - b.total / n) ** 2) / 2,
      });
    }
  }

  /** Whether some cut, from the oldest end on, parts the window into two means. */
  private cutFound(): boolean {
    const { minPart } = this.options;
    let n0 = 0;
    let u0 = 0;
    for (let i = this.rows.length - 1; i >= 0; i--) {
      const row = this.rows[i]!;
      for (let k = 0; k < row.length - 1; k++) {
        n0 += 2 ** i;
        u0 += row[k]!.total;
        const n1 = this.width - n0;
        if (n0 >= minPart && n1 >= minPart && this.differ(n0, u0 / n0, n1, (this.total - u0) / n1)) return true;
      }
    }
    return false;
  }

  private differ(n0: number, mean0: number, n1: number, mean1: number): boolean {
    const { delta, minPart } = this.options;
    const d = Math.log((2 * Math.log(this.width)) / delta);
    const m = 1 / (n0 - minPart + 1) + 1 / (n1 - minPart + 1);
    const epsilon = Math.sqrt((2 * m * this.variance * d) / this.width) + (2 / 3) * m * d;
    return Math.abs(mean0 - mean1) > epsilon;
  }

  private discardOldest(): void {
    const i = this.rows.length - 1;
    const bucket = this.rows[i]!.shift()!;
    const n = 2 ** i;
    this.width -= n;
    this.total -= bucket.total;
    this.variance -= bucket.variance;
    if (this.width > 0) this.variance -= (n * this.width * (bucket.total / n - this.mean) ** 2) / (n + this.width);
    this.variance = Math.max(0, this.variance);
    while (this.rows.length > 1 && this.rows.at(-1)!.length === 0) this.rows.pop();
  }
}
