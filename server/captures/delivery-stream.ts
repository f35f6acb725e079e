import { randomUUID } from 'node:crypto';
import { captureKey } from '../../core/captures/capture-key.ts';
import type { Bookkeeping } from '../../core/observability/bookkeeping.ts';
import type { Clock, Metrics, ObjectStore } from '../../platform/ports.ts';
import { withTimeout } from '../../platform/with-timeout.ts';
import { LineBuffer } from './line-buffer.ts';

/** Largest backlog of captures, in bytes; beyond it the oldest are discarded, which is counted. */
const MAX_WAITING = 64 * 1024 * 1024;

/** More comes than can be written. */
class DeliveryTooSlowError extends Error {
  override readonly name = 'DeliveryTooSlowError';
  readonly code = 'ETIMEDOUT';
  constructor() {
    super('they come faster than they can be written');
  }
}

/**
 * Routes the log lines of the endpoint as CloudWatch Logs and its subscription do on AWS: captures are buffered and
 * written to the captures store as JSON lines, under the hour of their delivery; metric lines go to the metrics; all
 * other lines are printed.
 */
export class DeliveryStream {
  readonly #captures: Pick<ObjectStore, 'put'>;
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  readonly #bookkeeping: Bookkeeping;
  readonly #print: (line: string) => void;
  readonly #maxWaiting: number;
  readonly #waiting = new LineBuffer();
  #delivering: Promise<void> = Promise.resolve();
  /** Why the last delivery failed. */
  #failure: Error | undefined;

  constructor(
    to: { captures: Pick<ObjectStore, 'put'>; metrics: Metrics; clock: Clock; bookkeeping: Bookkeeping },
    print: (line: string) => void,
    maxWaiting = MAX_WAITING,
  ) {
    this.#captures = to.captures;
    this.#metrics = to.metrics;
    this.#clock = to.clock;
    this.#bookkeeping = to.bookkeeping;
    this.#print = print;
    this.#maxWaiting = maxWaiting;
  }

  /** Takes one line, with or without its line end. */
  write(text: string): void {
    const line = text.trimEnd();
    if (line.startsWith('{"trimtab":"capture"')) {
      this.#waiting.add(line);
      if (this.#waiting.bytes > this.#maxWaiting) this.#discardOldest();
    } else if (line.startsWith('{') && line.includes('"_aws"')) this.#metrics.write(line);
    else if (line !== '') this.#print(line);
  }

  /** Writes the buffered captures to the store. After a failure they stay in the buffer for the next attempt. @throws what the store did */
  flush(): Promise<void> {
    this.#delivering = this.#delivering.then(async () => {
      if (this.#waiting.bytes === 0) return;
      const lines = this.#waiting.take();
      const now = this.#clock.now().toISOString();
      try {
        await this.#captures.put(captureKey(now, `${randomUUID()}.jsonl`), lines.pieces());
        this.#waiting.reuse(lines);
        this.#failure = undefined;
        this.#bookkeeping.worked('captures');
      } catch (error) {
        this.#waiting.putBack(lines);
        this.#failure = error as Error;
        this.#bookkeeping.failed('captures', error);
        if (this.#waiting.bytes > this.#maxWaiting) this.#discardOldest();
        throw error;
      }
    });
    const delivered = this.#delivering;
    this.#delivering = delivered.catch(() => undefined);
    return delivered;
  }

  /** Delivers what can be within a time, before the process ends; what is left then is lost, and counted. Does not throw. */
  async close(ms: number): Promise<void> {
    await withTimeout(ms, 'the store of captures', this.flush()).catch((error: unknown) => {
      this.#failure = error as Error;
    });
    const left = this.#waiting.discardOldest(0);
    if (left > 0) this.#bookkeeping.lost('captures', this.#failure ?? new DeliveryTooSlowError(), left);
  }

  /** Frees a tenth more than necessary, so that not every further line has to discard again. */
  #discardOldest(): void {
    const dropped = this.#waiting.discardOldest(this.#maxWaiting * 0.9);
    this.#bookkeeping.lost('captures', this.#failure ?? new DeliveryTooSlowError(), dropped);
  }
}
