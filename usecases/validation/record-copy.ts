import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CHUNK_BYTES } from './scan-file.ts';

/** The engine leaves out one that a file begins with: without this, one that is text of the first record. */
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** A copy of parts of a file, and of text in between; bytes wait in memory until they are written. */
export class RecordCopy {
  readonly #source: string;
  readonly #target: string;
  #out: FileHandle | undefined;
  /** Range of the source that comes first. */
  #prefix: { readonly from: number; readonly to: number } | undefined;
  #buffer = Buffer.alloc(0);
  #used = 0;
  #full: Buffer[] = [];

  constructor(source: string, target: string) {
    this.#source = source;
    this.#target = target;
  }

  get begun(): boolean {
    return this.#prefix !== undefined;
  }

  /** Begins the copy with a range of the source. */
  begin(from: number, to: number): void {
    this.#prefix = { from, to };
  }

  append(bytes: Uint8Array): void {
    if (this.#used + bytes.length > this.#buffer.length) {
      if (this.#used > 0) this.#full.push(this.#buffer.subarray(0, this.#used));
      this.#buffer = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, bytes.length));
      this.#used = 0;
    }
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** Writes what waits. */
  async settle(): Promise<void> {
    if (this.#prefix === undefined) return;
    if (this.#out === undefined) {
      this.#out = await open(this.#target, 'w');
      await this.#write(BYTE_ORDER_MARK);
      const { from, to } = this.#prefix;
      if (to > from)
        for await (const chunk of createReadStream(this.#source, {
          start: from,
          end: to - 1,
          highWaterMark: CHUNK_BYTES,
        }))
          await this.#write(chunk as Buffer);
    }
    for (const buffer of this.#full) await this.#write(buffer);
    this.#full = [];
    await this.#write(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  async close(): Promise<void> {
    await this.#out?.close();
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) at += (await this.#out!.write(bytes, at)).bytesWritten;
  }
}
