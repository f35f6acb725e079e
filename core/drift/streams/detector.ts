/** What a detector says after a value of the stream. */
export type StreamState = 'stable' | 'warning' | 'drift';

/** Watches a stream of errors (1 wrong, 0 right) or other numbers, one at a time. Reset it after a drift. */
export interface StreamDetector {
  add(value: number): StreamState;
}
