/** Longest time for which a result is shown again; milliseconds. */
const LONGEST_MS = 1_000;
/** A result is shown again for that many times as long as it took: making it never takes more than a tenth of the time. */
const COST = 9;

/**
 * Shares what is expensive to make among all who ask: whoever asks while it is made gets the same, and for a time in
 * proportion to its cost, a second at most, so does whoever asks later. Failures are shared by those alone who wait.
 */
export function recent<T>(make: () => Promise<T>): () => Promise<T> {
  let shown: Promise<T> | undefined;
  return () => {
    if (shown !== undefined) return shown;
    const began = performance.now();
    const made = make();
    shown = made;
    const forget = (): void => {
      shown = undefined;
    };
    made.then(() => {
      setTimeout(forget, Math.min(LONGEST_MS, COST * (performance.now() - began))).unref();
    }, forget);
    return made;
  };
}
