/** Lines that stand behind each other. */
interface Chunk {
  readonly bytes: Buffer;
  used: number;
  lines: number;
}

/** As many lines as fit into so many bytes are kept, or lost, together. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Lines that wait to be written, as the bytes that they will be: outside of the heap, where thousands of texts that live
 * for a second would be copied twice by every collection and then outlive it, and without encoding all of them at once.
 */
export class LineBuffer {
  #chunks: Chunk[] = [];
  /** Empty chunks: memory that is used again is none that a collection must find and give back. */
  #spare: Chunk[] = [];
  #bytes = 0;

  /** Bytes of all lines. */
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

  /** All lines, each with its end, of which none are left here. */
  take(): LineBuffer {
    const taken = new LineBuffer();
    taken.#chunks = this.#chunks;
    taken.#bytes = this.#bytes;
    this.#chunks = [];
    this.#bytes = 0;
    return taken;
  }

  /** Puts lines that were taken back before those that have come since. */
  putBack(taken: LineBuffer): void {
    this.#chunks = [...taken.#chunks.map(shrunk), ...this.#chunks];
    this.#bytes += taken.#bytes;
  }

  /**
   * Keeps the room of lines that were taken and delivered for those to come: as much as they had, so that it follows how
   * much comes. Nothing of them may be read any more.
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

  /** Drops the oldest lines until no more than so many bytes are left. @returns how many lines */
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

  /** All lines, in pieces that stand behind each other. */
  pieces(): Uint8Array[] {
    return this.#chunks.map(({ bytes, used }) => bytes.subarray(0, used));
  }
}

/** Without the room that nothing will come into any more: what cannot be delivered for long is put back many times. */
function shrunk({ bytes, used, lines }: Chunk): Chunk {
  if (used > bytes.length / 2) return { bytes, used, lines };
  const copy = Buffer.allocUnsafeSlow(used);
  bytes.copy(copy, 0, 0, used);
  return { bytes: copy, used, lines };
}

const LINE_END = 0x0a;
