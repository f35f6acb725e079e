/**
 * Waits until something is there.
 *
 * @param what for the error, in words
 * @throws Error when it is not there in time
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  seconds = 60,
  everyMs = 500,
): Promise<T> {
  const end = Date.now() + seconds * 1_000;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what} is not there after ${seconds} s`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
