/** The clock of an explanation, and the breaths it takes: whoever runs it has other requests to answer. */
export interface TimeBudget {
  /** Milliseconds; only differences count. */
  now(): number;
  /** Lets others run for a moment. */
  pause(): Promise<void>;
  /** When by `now()` what is known has to be given. */
  readonly until: number;
}

/** Longest stretch between two pauses; milliseconds. */
const MAX_SLICE_MS = 10;

/** Looks at the clock between steps: false when time is out. Pauses when it has not for a while. */
export function yieldingBudget({ now, pause, until }: TimeBudget): () => Promise<boolean> {
  let paused = now();
  return async () => {
    const at = now();
    if (at >= until) return false;
    if (at - paused >= MAX_SLICE_MS) {
      await pause();
      paused = now();
    }
    return true;
  };
}
