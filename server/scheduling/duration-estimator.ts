import type { TensorData } from '../../core/model/tensor.ts';

/** Runs whose fastest counts: when the last of them were all slower, the model has become slower. */
const WINDOW = 16;

/** Fastest runs of one size, in the window that is being filled and in the one before. */
interface Fastest {
  now: number;
  before: number;
  runs: number;
}

/**
 * How long runs of a model take, by the size of what goes in: the fastest of the last runs for each power of two, from
 * which other sizes are estimated in proportion. The fastest, because a run can be held up by whatever else the machine
 * does, but never be faster than it is.
 */
export class DurationEstimator {
  readonly #sizes: (Fastest | undefined)[] = [];

  /** Expected milliseconds; undefined while nothing was measured. */
  expect(size: number): number | undefined {
    const bucket = bucketOf(size);
    for (let at = bucket; at >= 0; at--) {
      const fastest = this.#sizes[at];
      if (fastest !== undefined) return Math.min(fastest.now, fastest.before) * 2 ** (bucket - at);
    }
    // Less than the smallest that was measured: no longer than that.
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

/** What a run has to do: elements of all inputs, characters of texts. */
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
