/** A loop that can be stopped; `stop` waits for the run that is under way. */
export interface Interval {
  stop(): Promise<void>;
}

/**
 * Runs a job every so many seconds, never two at once: a run that takes longer than the period delays the next one.
 * What a run throws goes to `failed`, and the loop goes on.
 */
export function startInterval(
  seconds: number,
  job: () => Promise<unknown>,
  failed: (error: unknown) => void,
): Interval {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const next = (): void => {
    timer = setTimeout(() => {
      running = job()
        .then(() => undefined, failed)
        .finally(() => {
          if (!stopped) next();
        });
    }, seconds * 1_000);
  };
  next();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
