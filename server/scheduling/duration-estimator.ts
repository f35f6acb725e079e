import type { TensorData } from '../../core/model/tensor.ts';

/** Runs in a window. The estimate rises when all runs of two windows were slower. */
const WINDOW = 16;

/** Fastest run of one size, in the current window and in the one before. */
interface Fastest {
  now: number;
  before: number;
  runs: number;
}

/**
 * Estimates how long a run of a model takes by the size of its inputs: the fastest of the recent runs in each bucket
 * (power of two), and in proportion to it for larger sizes that were not measured. The minimum is used because other
 * load on the machine can only make a run slower.
 */
export class DurationEstimator {
  readonly #sizes: (Fastest | undefined)[] = [];

  /** Estimated milliseconds; undefined before the first measurement. */
  expect(size: number): number | undefined {
    const bucket = bucketOf(size);
    for (let at = bucket; at >= 0; at--) {
      const fastest = this.#sizes[at];
      if (fastest !== undefined) return Math.min(fastest.now, fastest.before) * 2 ** (bucket - at);
    }
    // Smaller than all that was measured: at most as long as the smallest.
    const smallest = this.#sizes.find((fastest) => fastest !== undefined);
    return smallest && Math.min(smallest.now, smallest.before);
  }

  learn(size: number, ms: number): void {
    const bucket = bucketOf(size);
    const fastest = this.#sizes[bucket];
    if (fastest === undefined) {
      this.#sizes[bucket] = { now: ms, before: ms, runs: 1 };
      return;
    }
    fastest.now = Math.min(fastest.now, ms);
    if (++fastest.runs < WINDOW) return;
    fastest.before = fastest.now;
    fastest.now = Number.POSITIVE_INFINITY;
    fastest.runs = 0;
  }
}

/** Size of a run's inputs: number of elements, and of characters of strings. */
export function sizeOf(feeds: Readonly<Record<string, TensorData>>): number {
  let size = 0;
  for (const name in feeds) {
    const { data } = feeds[name]!;
    size += data.length;
    if (Array.isArray(data)) for (const text of data) size += text.length;
  }
  return size;
}

const bucketOf = (size: number): number => (size <= 1 ? 0 : 32 - Math.clz32(size - 1));
