/** Share of a new duration in the running mean of what runs take. */
const WEIGHT = 0.2;

/**
 * How long a run waits for more requests. It knows how many callers were at it lately: all of them waiting or running
 * at once. As long as a run has fewer than its part of those, waiting may bring the rest; a wait that did not bring
 * them lowers the expectation, so that nobody waits twice in vain.
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
    // After a pause nothing is known of who else may come.
    if (this.#inFlight === 0 && now - this.#idleSince > this.options.maxDelayMs) this.#peak = 1;
    this.#inFlight++;
    this.#peak = Math.max(this.#peak, this.#inFlight);
  }

  /** Milliseconds that a group should go on waiting; 0 or less: it goes now. */
  wait(requests: number, rows: number, waitedMs: number): number {
    if (rows >= this.options.maxRows || requests >= Math.ceil(this.#peak / this.options.slots)) return 0;
    // Waiting longer than a run takes costs more than going twice.
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

  /** Requests that gave up waiting. */
  left(requests: number): void {
    this.#inFlight -= requests;
  }
}
