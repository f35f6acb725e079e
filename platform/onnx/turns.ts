/** How long the event loop may be held up by runs before the next one waits for its turn; milliseconds. */
const LONGEST_MS = 2;

/** When the first run of this turn of the event loop began. */
let since: number | undefined;

const nextTurn = (): void => {
  since = undefined;
};

/**
 * Whether a run may begin: at once, as long as those before it have not held up the event loop for long. A caller that
 * makes thousands of short runs in a row would otherwise let nobody else be heard, for a promise that is settled already
 * does not let the event loop turn.
 *
 * @returns what to wait for; undefined where there is nothing to wait for
 */
export function turn(): Promise<void> | undefined {
  const now = performance.now();
  if (since === undefined) {
    since = now;
    setImmediate(nextTurn);
    return undefined;
  }
  if (now - since < LONGEST_MS) return undefined;
  return new Promise((resolve) => {
    setImmediate(() => {
      since = undefined;
      resolve();
    });
  });
}
