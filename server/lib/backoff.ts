/** A process that lived this long counts as started successfully; milliseconds. */
const SETTLED_MS = 10_000;
const FIRST_MS = 50;
const MAX_MS = 10_000;

/** Delay before a process that ended is restarted: none after the first failure, doubled with each further one in a row. */
export class BackOff {
  #failures = 0;

  /** @param livedMs lifetime of the process that ended @returns milliseconds to wait */
  next(livedMs: number): number {
    this.#failures = livedMs >= SETTLED_MS ? 0 : this.#failures + 1;
    return this.#failures <= 1 ? 0 : Math.min(MAX_MS, FIRST_MS * 2 ** (this.#failures - 2));
  }
}
