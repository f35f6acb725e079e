import type { PrivacyKeys } from '../../core/contract/personal.ts';

export interface KeySourceOptions {
  readonly read: () => Promise<PrivacyKeys>;
  /** How long a load waits for the secret; milliseconds. */
  readonly patienceMs: number;
  /** How long after a failure it is tried again; milliseconds. */
  readonly retryMs: number;
  /** The same where nobody depends on the keys. */
  readonly offerMs: number;
  /** Told of every attempt: without an error it succeeded. */
  readonly onResult: (error?: unknown) => void;
}

/**
 * The privacy keys as a served model has them: asked for when a version that needs them is loaded, else when a capture
 * first has something to hide, and never before. Serving does not depend on them: while they cannot be had, personal
 * fields and who has sent what are left out of captures.
 */
export class KeySource {
  #keys: PrivacyKeys | undefined;
  #reading: Promise<void> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #needed = false;

  constructor(private readonly options: KeySourceOptions) {}

  /** The keys, where they are here; else they are asked for, beside everything, unless that was in vain lately. */
  offer(): PrivacyKeys | undefined {
    if (this.#keys === undefined && performance.now() - this.#triedAt >= this.options.offerMs) void this.#read();
    return this.#keys;
  }

  /** Asks for the keys and waits a while; what comes later is used from then on. */
  async want(): Promise<void> {
    this.#needed = true;
    if (this.#keys !== undefined) return;
    await this.#wait(this.#read());
  }

  /** Waits a while for an attempt that is under way. */
  async settle(): Promise<void> {
    if (this.#reading !== undefined) await this.#wait(this.#reading);
  }

  /** Asks again, beside everything else, when they are needed and could not be had some time ago. */
  retry(): void {
    if (this.#needed && this.#keys === undefined && performance.now() - this.#triedAt >= this.options.retryMs)
      void this.#read();
  }

  async #wait(reading: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const { patienceMs } = this.options;
    await Promise.race([reading, new Promise((resolve) => (timer = setTimeout(resolve, patienceMs)))]);
    clearTimeout(timer);
  }

  #read(): Promise<void> {
    this.#triedAt = performance.now();
    this.#reading ??= this.options
      .read()
      .then((keys) => {
        this.#keys = keys;
        this.options.onResult();
      }, this.options.onResult)
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }
}
