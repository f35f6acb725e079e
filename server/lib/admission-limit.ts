import type { TensorData } from '../../core/model/tensor.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';

export interface AdmissionLimitOptions {
  /** Most that may be inside at once. */
  readonly count: number;
  /** Most bytes that they may hold. */
  readonly bytes: number;
  /** What is full, for the message. */
  readonly name: string;
}

/** A bound on what is kept waiting: whoever does not fit is refused at once, and nothing grows beyond. */
export class AdmissionLimit {
  #count = 0;
  #bytes = 0;

  constructor(private readonly options: AdmissionLimitOptions) {}

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How full it is, 0 to 1. */
  get fill(): number {
    return Math.max(this.#count / this.options.count, this.#bytes / this.options.bytes);
  }

  /** @throws ProtocolError 503 when there is no room; else the caller must `leave` */
  acquire(bytes: number): void {
    const { count, bytes: most, name } = this.options;
    // What is larger than the whole may come in alone: it keeps to the limit of a body.
    if (this.#count >= count || (this.#count > 0 && this.#bytes + bytes > most))
      throw new ProtocolError(
        503,
        `the ${name} is full (${this.#count} of ${count} requests, ${this.#bytes} of ${most} bytes), try again later`,
        { retryAfterSeconds: 1 },
      );
    this.#count++;
    this.#bytes += bytes;
  }

  release(bytes: number): void {
    this.#count--;
    this.#bytes -= bytes;
  }
}

/** Bytes of tensors, about. */
export function byteSize(feeds: Readonly<Record<string, TensorData>>): number {
  let bytes = 0;
  for (const name in feeds) {
    const { data } = feeds[name]!;
    if (!Array.isArray(data)) bytes += data.byteLength;
    else for (const text of data) bytes += 16 + 2 * text.length;
  }
  return bytes;
}
