/** Size of the first block of a body that comes in pieces, and of the largest; bytes. */
const FIRST_BLOCK = 1024;
const LARGEST_BLOCK = 64 * 1024;

/**
 * A body that arrives in pieces. Pieces are copied into blocks: a Buffer for each would cost a hundred times what a
 * piece of one byte holds, and would keep the whole read of the socket that it is a slice of. Blocks double in size up
 * to 64 KB, so that no more than twice what has arrived is held. A body of one piece is not copied.
 */
export class BodyBuffer {
  /** Bytes that have arrived. */
  length = 0;
  #first: Buffer | undefined;
  #blocks: Buffer[] = [];
  #last: Buffer | undefined;
  /** Bytes used of the last block. */
  #used = 0;
  #held = 0;

  /** Memory that it keeps, whether used or not; bytes. */
  get held(): number {
    return this.#held;
  }

  add(piece: Buffer): void {
    if (this.length === 0) {
      this.#first = piece;
      this.#held = piece.buffer.byteLength;
    } else {
      this.#copyFirst();
      this.#copy(piece);
    }
    this.length += piece.length;
  }

  /** All that has arrived, in one piece. */
  whole(): Buffer {
    if (this.#first !== undefined) return this.#first;
    if (this.#last === undefined) return EMPTY;
    const last = this.#last.subarray(0, this.#used);
    return this.#blocks.length === 1 ? last : Buffer.concat([...this.#blocks.slice(0, -1), last], this.length);
  }

  #copyFirst(): void {
    if (this.#first === undefined) return;
    this.#held = 0;
    this.#copy(this.#first);
    this.#first = undefined;
  }

  #copy(piece: Buffer): void {
    let from = 0;
    while (from < piece.length) {
      if (this.#last === undefined || this.#used === this.#last.length) {
        const size = Math.min(LARGEST_BLOCK, Math.max(FIRST_BLOCK, this.#held));
        // Not from the pool: a body that stays for long would keep a block of it that many share.
        this.#last = Buffer.allocUnsafeSlow(size);
        this.#blocks.push(this.#last);
        this.#used = 0;
        this.#held += size;
      }
      const copied = piece.copy(this.#last, this.#used, from);
      this.#used += copied;
      from += copied;
    }
  }
}

const EMPTY = Buffer.alloc(0);
