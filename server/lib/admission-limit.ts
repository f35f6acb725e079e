import type { TensorData } from '../../core/model/tensor.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';

export interface AdmissionLimitOptions {
  /** Most requests that may be admitted at once. */
  readonly count: number;
  /** Most bytes that the admitted requests may hold. */
  readonly bytes: number;
  /** What is limited, for the error message. */
  readonly name: string;
}

/** Limits how many requests, and how many bytes of them, are held at once. What exceeds it is refused immediately. */
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

  /** Used share of the limit, 0 to 1. */
  get fill(): number {
    return Math.max(this.#count / this.options.count, this.#bytes / this.options.bytes);
  }

  /** Admits a request; the caller must `release` the same number of bytes. @throws ProtocolError 503 when it is full */
  acquire(bytes: number): void {
    const { count, bytes: most, name } = this.options;
    // A request larger than the whole limit is admitted when there is no other: the body limit bounds it.
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

/** Approximate size of tensors in memory, in bytes. */
export function byteSize(feeds: Readonly<Record<string, TensorData>>): number {
  let bytes = 0;
  for (const name in feeds) {
    const { data } = feeds[name]!;
    if (!Array.isArray(data)) bytes += data.byteLength;
    else for (const text of data) bytes += 16 + 2 * text.length;
  }
  return bytes;
}
