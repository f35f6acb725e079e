/** A repeating job that can be stopped; `stop` waits for a run that is in progress. */
export interface Interval {
  stop(): Promise<void>;
}

/**
 * Repeats a job, waiting `seconds` between the end of a run and the start of the next, so that runs never overlap.
 * Errors of a run are passed to `failed` and do not end the repetition.
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
