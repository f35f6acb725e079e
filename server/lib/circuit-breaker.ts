/** Shortest and longest pause; milliseconds. */
const LEAST_MS = 1_000;
const MOST_MS = 600_000;
/** What part of the time that the first failure has cost is paused for it. */
const FIRST_SHARE = 1 / 8;
/** By what each pause is longer than the one before. */
const GROWTH = 4;

/** A pause that is under way. */
export interface Pause {
  /** How many failures in a row have led to it. */
  readonly failures: number;
  /** What the last of them was. */
  readonly reason: string;
  /** When the next try is let through; milliseconds of the clock that it was told of. */
  readonly until: number;
}

/**
 * Circuit breaker: after a failure nothing is tried for a pause, which grows with every further failure; then one try
 * shows whether things are well again. Failures count as in a row until it has been well for as long as the last pause:
 * whoever alternates what works with what does not gets longer pauses, too.
 */
export class CircuitBreaker {
  #failures = 0;
  #reason = '';
  #until = 0;
  #pauseMs = 0;
  #open = false;
  #trying = false;
  #wellSince = 0;

  /** @returns the pause while nothing may be tried; undefined when something may, which is the caller's to tell the end of */
  enter(now: number): Pause | undefined {
    if (!this.#open) return undefined;
    if (now < this.#until || this.#trying) return this.pause;
    this.#trying = true;
    return undefined;
  }

  /** The pause that is under way, or over with nothing tried since. */
  get pause(): Pause | undefined {
    return this.#open ? { failures: this.#failures, reason: this.#reason, until: this.#until } : undefined;
  }

  succeeded(now: number): void {
    if (!this.#open) return;
    // What was begun before the pause and ends in it says nothing of what comes after.
    if (now < this.#until) return;
    this.#open = false;
    this.#trying = false;
    this.#wellSince = now;
  }

  /** What was tried has come to nothing, for reasons that say nothing about it. */
  undecided(): void {
    this.#trying = false;
  }

  /** @param lostMs what it has cost */
  failed(now: number, lostMs: number, reason: string): void {
    // What was begun before another failed is the same trouble, and not one more in a row.
    if (this.#open && !this.#trying) return;
    if (!this.#open && now - this.#wellSince > this.#pauseMs) this.#failures = 0;
    this.#failures++;
    const first = Math.max(LEAST_MS, lostMs * FIRST_SHARE);
    this.#pauseMs = Math.min(MOST_MS, first * GROWTH ** (this.#failures - 1));
    this.#until = now + this.#pauseMs;
    this.#reason = reason;
    this.#open = true;
    this.#trying = false;
  }
}
