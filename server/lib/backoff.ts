/** A process that lives this long has started well; milliseconds. */
const SETTLED_MS = 10_000;
const FIRST_MS = 50;
const MAX_MS = 10_000;

/** How long to wait before a process that ended is started again: at once the first time, longer each time it does not last. */
export class BackOff {
  #failures = 0;

  /** @param livedMs how long it lived. @returns milliseconds to wait */
  next(livedMs: number): number {
    this.#failures = livedMs >= SETTLED_MS ? 0 : this.#failures + 1;
    return this.#failures <= 1 ? 0 : Math.min(MAX_MS, FIRST_MS * 2 ** (this.#failures - 2));
  }
}
