import type { StreamDetector, StreamState } from './detector.ts';

/** Values before which nothing is said. */
const MIN_VALUES = 30;

/**
 * Drift detection method for a stream of errors (0 or 1). With error rate p and its standard deviation s, it warns when
 * p + s exceeds p_min + 2 s_min, and reports a drift above p_min + 3 s_min; p_min and s_min are those of the smallest
 * p + s so far. Gama, Medas, Castillo & Rodrigues, "Learning with drift detection" (2004).
 */
export class Ddm implements StreamDetector {
  private n = 0;
  private p = 0;
  private pMin = Number.POSITIVE_INFINITY;
  private sMin = Number.POSITIVE_INFINITY;

  add(error: number): StreamState {
    this.n++;
    this.p += (error - this.p) / this.n;
    if (this.n < MIN_VALUES) return 'stable';
    const s = Math.sqrt((this.p * (1 - this.p)) / this.n);
    if (this.p + s < this.pMin + this.sMin) {
      this.pMin = this.p;
      this.sMin = s;
    }
    if (this.p + s > this.pMin + 3 * this.sMin) return 'drift';
    return this.p + s > this.pMin + 2 * this.sMin ? 'warning' : 'stable';
  }
}
