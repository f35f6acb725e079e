/**
 * An instant by two clocks. The monotonic one never jumps, but may stand still while a process is frozen or its machine
 * asleep; the wall clock goes on, but may be set back.
 */
export interface ClockPair {
  /** Milliseconds since any fixed instant. */
  readonly monotonic: number;
  /** Milliseconds since 1970. */
  readonly wall: number;
}

/** Milliseconds that have passed at least: what either clock has seen. */
export const elapsedMs = (since: ClockPair, now: ClockPair): number =>
  Math.max(now.monotonic - since.monotonic, now.wall - since.wall);
