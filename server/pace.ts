import type { TensorData } from '../core/model/tensor.ts';

/** Weight of a new measurement, and how far one may be above what was expected: a pause of the machine is no trend. */
const WEIGHT = 0.2;
const OUTLIER = 2;
/** A measurement this short is never held for an outlier; milliseconds. */
const SHORT_MS = 0.05;

/**
 * How long runs of a model take, by the size of what goes in: a running mean for each power of two, from which other
 * sizes are estimated in proportion.
 */
export class Pace {
  readonly #means: number[] = [];

  /** Expected milliseconds; undefined while nothing was measured. */
  expect(size: number): number | undefined {
    const bucket = bucketOf(size);
    const own = this.#means[bucket];
    if (own !== undefined) return own;
    for (let below = bucket - 1; below >= 0; below--)
      if (this.#means[below] !== undefined) return this.#means[below]! * 2 ** (bucket - below);
    // Less than the smallest that was measured: no longer than that.
    return this.#means.find((mean) => mean !== undefined);
  }

  learn(size: number, ms: number): void {
    const bucket = bucketOf(size);
    const mean = this.#means[bucket];
    if (mean === undefined) this.#means[bucket] = ms;
    else this.#means[bucket] = mean + WEIGHT * (Math.min(ms, mean * OUTLIER + SHORT_MS) - mean);
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
