import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** Bytes of a file from one place up to another. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** Bytes that go, and what comes in their place. */
export interface Replaced extends ByteRange {
  /** @default nothing */
  readonly by?: Uint8Array | undefined;
}

/**
 * Copies a file byte by byte but for some ranges.
 *
 * @param ranges in ascending order, none over another
 */
export const copyWithout = (from: string, to: string, ranges: readonly Replaced[]): Promise<void> =>
  pipeline(kept(from, ranges), createWriteStream(to));

async function* kept(file: string, ranges: readonly Replaced[]): AsyncGenerator<Buffer> {
  let start = 0;
  let next = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    const end = start + chunk.length;
    let at = start;
    for (; next < ranges.length && ranges[next]!.from < end; next++) {
      const { from, to, by } = ranges[next]!;
      if (from > at) yield chunk.subarray(at - start, from - start);
      // Not where the range has begun in a chunk before.
      if (by !== undefined && from >= start) yield Buffer.from(by);
      at = Math.min(to, end);
      // The rest of the range is in the next chunk.
      if (to > end) break;
    }
    if (at < end) yield chunk.subarray(at - start);
    start = end;
  }
}
