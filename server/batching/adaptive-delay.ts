/** Weight of a new duration in the running mean of run durations. */
const WEIGHT = 0.2;

/**
 * Decides how long a batch waits for more requests. The number of active callers is estimated from the recent peak of
 * requests in flight (waiting or running). While a batch has fewer requests than its share of that peak, waiting may
 * complete it. A batch that starts incomplete lowers the estimate, so that the next one does not wait in vain.
 */
export class AdaptiveDelay {
  #inFlight = 0;
  #peak = 1;
  #runMs = Number.POSITIVE_INFINITY;
  #idleSince = 0;

  constructor(
    private readonly options: { readonly maxRows: number; readonly maxDelayMs: number; readonly slots: number },
  ) {}

  arrived(now: number): void {
    // After an idle period, the old estimate of active callers no longer holds.
    if (this.#inFlight === 0 && now - this.#idleSince > this.options.maxDelayMs) this.#peak = 1;
    this.#inFlight++;
    this.#peak = Math.max(this.#peak, this.#inFlight);
  }

  /** Milliseconds that a batch should go on waiting; it starts now when they are 0 or less. */
  wait(requests: number, rows: number, waitedMs: number): number {
    if (rows >= this.options.maxRows || requests >= Math.ceil(this.#peak / this.options.slots)) return 0;
    // Waiting longer than a run takes costs more than a second run.
    return Math.min(this.options.maxDelayMs, this.#runMs) - waitedMs;
  }

  started(requests: number): void {
    if (requests < Math.ceil(this.#peak / this.options.slots)) this.#peak = Math.max(1, this.#inFlight);
  }

  ended(requests: number, now: number, tookMs: number): void {
    this.#runMs = Number.isFinite(this.#runMs) ? this.#runMs + WEIGHT * (tookMs - this.#runMs) : tookMs;
    this.left(requests);
    this.#idleSince = now;
  }

  /** Removes requests that ended or gave up waiting from those in flight. */
  left(requests: number): void {
    this.#inFlight -= requests;
  }
}
