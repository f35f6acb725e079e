import type { StreamDetector, StreamState } from './detector.ts';

export interface PageHinkleyOptions {
  /** Values before which nothing is said. @default 30 */
  readonly minValues?: number;
  /** Change of the mean that is tolerated. @default 0.005 */
  readonly delta?: number;
  /** Threshold of the accumulated change. @default 50 */
  readonly lambda?: number;
  /** Share of the accumulated change that is kept at each value. @default 0.9999 */
  readonly alpha?: number;
}

/**
 * Page–Hinkley test for an increase of the mean: with each value x, m becomes alpha m + (x - mean - delta), and m above
 * lambda is a drift. It compares m itself rather than its rise above its minimum, so a long time without drift delays
 * the next detection. Page, "Continuous inspection schemes", Biometrika 41 (1954).
 */
export class PageHinkley implements StreamDetector {
  private n = 0;
  private mean = 0;
  private sum = 0;
  private readonly options: Required<PageHinkleyOptions>;

  constructor(options: PageHinkleyOptions = {}) {
    this.options = { minValues: 30, delta: 0.005, lambda: 50, alpha: 0.9999, ...options };
  }

  add(value: number): StreamState {
    const { minValues, delta, lambda, alpha } = this.options;
    this.n++;
    this.mean += (value - this.mean) / this.n;
    this.sum = alpha * this.sum + (value - this.mean - delta);
    return this.n >= minValues && this.sum > lambda ? 'drift' : 'stable';
  }
}
