import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { isAbsent } from './atomic.ts';

const BLOCK = 1 << 20;
const LINE_END = 10;

/**
 * Reads the lines that are appended to a file, by whomever, each once. A file that is put aside for a new one is read
 * to its end first.
 */
export class FileTail {
  readonly #file: string;
  #handle: number | undefined;
  #offset = 0;
  /** The beginning of a line that has no end yet. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.#file = file;
  }

  /** Hands over the whole lines that have come since the last time. */
  read(take: (line: string) => void): void {
    if (this.#handle === undefined && !this.#open()) return;
    this.#drain(take);
    if (!this.#replaced()) return;
    // What was appended between the reading and the putting aside.
    this.#drain(take);
    this.close();
    if (this.#open()) this.#drain(take);
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
    this.#offset = 0;
    this.#rest = Buffer.alloc(0);
  }

  #open(): boolean {
    try {
      this.#handle = openSync(this.#file, 'r');
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  #drain(take: (line: string) => void): void {
    const block = Buffer.allocUnsafe(BLOCK);
    for (;;) {
      const bytes = readSync(this.#handle!, block, 0, BLOCK, this.#offset);
      if (bytes === 0) return;
      this.#offset += bytes;
      const text = Buffer.concat([this.#rest, block.subarray(0, bytes)]);
      const end = text.lastIndexOf(LINE_END) + 1;
      this.#rest = text.subarray(end);
      for (const line of text.subarray(0, end).toString('utf8').split('\n')) if (line !== '') take(line);
    }
  }

  /** Whether the name belongs to another file by now. */
  #replaced(): boolean {
    try {
      return statSync(this.#file).ino !== fstatSync(this.#handle!).ino;
    } catch (error) {
      // The same file may come back, as with a disk that is mounted again.
      if (isAbsent(error)) return false;
      throw error;
    }
  }
}
