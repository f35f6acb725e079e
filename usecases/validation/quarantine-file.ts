import { type FileHandle, open } from 'node:fs/promises';
import type { QuarantinedRow } from './validation-view.ts';

/** Text is written in pieces of about this many characters. */
const PIECE = 1 << 20;
/** Longest text that is kept of a record, in UTF-8. */
const MAX_RAW_BYTES = 64 * 1024;

/** A file of quarantined rows as JSON lines; they wait in memory until they are written. */
export class QuarantineFile {
  readonly #out: FileHandle;
  #waiting = '';
  #lines = 0;

  private constructor(out: FileHandle) {
    this.#out = out;
  }

  static async create(target: string): Promise<QuarantineFile> {
    return new QuarantineFile(await open(target, 'w'));
  }

  /** Physical lines of all rows so far. */
  get lines(): number {
    return this.#lines;
  }

  add(row: QuarantinedRow): void {
    this.#lines += row.lines;
    this.#waiting += `${JSON.stringify(row)}\n`;
  }

  async settle(): Promise<void> {
    if (this.#waiting.length >= PIECE) await this.#write();
  }

  async close(): Promise<void> {
    await this.#write();
    await this.#out.close();
  }

  async #write(): Promise<void> {
    await this.#out.appendFile(this.#waiting);
    this.#waiting = '';
  }
}

/** The text of a record as it came, cut where it is long. Bytes that are not UTF-8 are shown as Latin-1. */
export function rawText(bytes: Uint8Array, length: number, isText: boolean): Pick<QuarantinedRow, 'raw' | 'cut'> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (length <= MAX_RAW_BYTES) return { raw: all.toString(isText ? 'utf8' : 'latin1') };
  let end = MAX_RAW_BYTES;
  // Not in the middle of a character.
  while (isText && end > 0 && (all[end]! & 0xc0) === 0x80) end--;
  return { raw: all.toString(isText ? 'utf8' : 'latin1', 0, end), cut: true };
}
