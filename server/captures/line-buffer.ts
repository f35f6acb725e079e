/** Consecutive lines in one allocation. */
interface Chunk {
  readonly bytes: Buffer;
  used: number;
  lines: number;
}

/** Size of a chunk; the lines of a chunk are kept or discarded together. */
const CHUNK_BYTES = 64 * 1024;

/**
 * A buffer of lines, stored as UTF-8 outside of the V8 heap. Thousands of strings that live for about a second would be
 * copied twice by the garbage collector and then promoted to the old generation; and encoding line by line avoids one
 * long pause when the lines are written.
 */
export class LineBuffer {
  #chunks: Chunk[] = [];
  /** Empty chunks that are used again, which saves allocations and collections. */
  #spare: Chunk[] = [];
  #bytes = 0;

  /** Size of all lines, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param line without its end */
  add(line: string): void {
    // A UTF-16 unit is at most three bytes.
    const most = line.length * 3 + 1;
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.bytes.length - chunk.used < most) {
      chunk =
        most > CHUNK_BYTES
          ? { bytes: Buffer.allocUnsafeSlow(most), used: 0, lines: 0 }
          : (this.#spare.pop() ?? { bytes: Buffer.allocUnsafeSlow(CHUNK_BYTES), used: 0, lines: 0 });
      this.#chunks.push(chunk);
    }
    const length = chunk.bytes.write(line, chunk.used);
    chunk.bytes[chunk.used + length] = LINE_END;
    chunk.used += length + 1;
    chunk.lines++;
    this.#bytes += length + 1;
  }

  /** Moves all lines into a new buffer; this one is empty afterwards. */
  take(): LineBuffer {
    const taken = new LineBuffer();
    taken.#chunks = this.#chunks;
    taken.#bytes = this.#bytes;
    this.#chunks = [];
    this.#bytes = 0;
    return taken;
  }

  /** Puts lines that were taken back in front of those that were added since. */
  putBack(taken: LineBuffer): void {
    this.#chunks = [...taken.#chunks.map(shrunk), ...this.#chunks];
    this.#bytes += taken.#bytes;
  }

  /**
   * Keeps the chunks of delivered lines for new ones: as many as were delivered, so that the reserve follows the load.
   * The pieces of `delivered` must not be read afterwards.
   */
  reuse(delivered: LineBuffer): void {
    for (const chunk of delivered.#chunks) {
      if (chunk.bytes.length !== CHUNK_BYTES) continue;
      chunk.used = 0;
      chunk.lines = 0;
      this.#spare.push(chunk);
    }
    this.#spare.splice(delivered.#chunks.length);
    delivered.#chunks = [];
    delivered.#bytes = 0;
  }

  /** Discards the oldest chunks until at most `maxBytes` are left. @returns number of lines discarded */
  discardOldest(maxBytes: number): number {
    let [chunks, lines] = [0, 0];
    while (this.#bytes > maxBytes) {
      const chunk = this.#chunks[chunks++]!;
      this.#bytes -= chunk.used;
      lines += chunk.lines;
    }
    this.#chunks.splice(0, chunks);
    return lines;
  }

  /** The bytes of all lines, in order. */
  pieces(): Uint8Array[] {
    return this.#chunks.map(({ bytes, used }) => bytes.subarray(0, used));
  }
}

/** Gives unused space back: lines that cannot be delivered for long would otherwise keep nearly empty chunks alive. */
function shrunk({ bytes, used, lines }: Chunk): Chunk {
  if (used > bytes.length / 2) return { bytes, used, lines };
  const copy = Buffer.allocUnsafeSlow(used);
  bytes.copy(copy, 0, 0, used);
  return { bytes: copy, used, lines };
}

const LINE_END = 0x0a;
