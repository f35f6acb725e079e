import type { StreamDetector, StreamState } from './detector.ts';

/**
 * Hoeffding's drift detection method with averages (A-test), one-sided: reports a drift when the mean of all values
 * exceeds that of the best prefix by more than Hoeffding's bound allows. Frías-Blanco et al., "Online and
 * non-parametric drift detection methods based on Hoeffding's bounds", IEEE TKDE 27 (2015).
 */
export class HddmA implements StreamDetector {
  private n = 0;
  private sum = 0;
  private nMin = 0;
  private sumMin = 0;

  constructor(
    /** Confidence of a drift. */
    private readonly drift = 0.001,
    /** Confidence of a warning. */
    private readonly warning = 0.005,
  ) {}

  add(value: number): StreamState {
    this.n++;
    this.sum += value;
    const upper = (n: number, sum: number): number => sum / n + Math.sqrt(Math.log(1 / this.drift) / (2 * n));
    // The prefix with the lowest upper bound of its mean is the best that the stream has been.
    if (this.nMin === 0 || upper(this.n, this.sum) <= upper(this.nMin, this.sumMin)) {
      this.nMin = this.n;
      this.sumMin = this.sum;
    }
    if (this.grew(this.drift)) return 'drift';
    return this.grew(this.warning) ? 'warning' : 'stable';
  }

  private grew(confidence: number): boolean {
    if (this.nMin === this.n) return false;
    const m = (this.n - this.nMin) / this.nMin / this.n;
    const bound = Math.sqrt((m / 2) * Math.log(1 / confidence));
    return this.sum / this.n - this.sumMin / this.nMin >= bound;
  }
}
