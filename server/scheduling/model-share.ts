import { ProtocolError } from '../../core/protocols/protocol.ts';
import type { AdmissionLimit } from '../lib/admission-limit.ts';

/** How many times what is still free one model may hold. */
const ALPHA = 3;

export interface ModelShareOptions {
  readonly gate: AdmissionLimit;
  /** Most runs that wait or are made at once, of all models. */
  readonly count: number;
  /** Most bytes that they hold. */
  readonly bytes: number;
}

/**
 * What one model may hold of the queue of runs: at most a multiple of what nobody holds, so that there is always room
 * for others, and most of it for one that is alone (dynamic thresholds, Choudhury and Hahne 1998,
 * https://doi.org/10.1109/90.664262).
 */
export class ModelShare {
  #runs = 0;
  #bytes = 0;

  constructor(
    private readonly model: string,
    private readonly options: ModelShareOptions,
  ) {}

  /** The caller must `release` the same number of bytes. @throws ProtocolError 503 when the model holds too much, or all do */
  acquire(bytes: number): void {
    const { gate, count, bytes: most } = this.options;
    const free = 1 - gate.fill;
    if (free > 0 && (this.#runs / count > ALPHA * free || this.#bytes / most > ALPHA * free))
      throw new ProtocolError(
        503,
        `${this.#runs} runs of ${this.model} wait or are made, which is its share of the queue of runs, try again later`,
        { retryAfterSeconds: 1 },
      );
    gate.acquire(bytes);
    this.#runs++;
    this.#bytes += bytes;
  }

  release(bytes: number): void {
    this.#runs--;
    this.#bytes -= bytes;
    this.options.gate.release(bytes);
  }
}
