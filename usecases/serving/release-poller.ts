import { type ClockPair, elapsedMs } from '../../core/serving/two-clocks.ts';
import { settledWithin, withTimeout } from '../../platform/with-timeout.ts';
import { clocksOf, ReleaseReader, type ReleaseReaderOptions } from './release-reader.ts';
import type { ServedModel } from './served-model.ts';

export interface ReleaseWatchOptions extends ReleaseReaderOptions {
  readonly names: readonly string[] | 'all';
  /** Filled by the watch: a model appears here as soon as it is known, loaded or not. */
  readonly models: Map<string, ServedModel>;
  readonly create: (name: string) => ServedModel;
  readonly intervalMs: number;
}

/** Keeps models at the ledger's state: one reading at a time, beside whatever else is going on. */
export class ReleaseWatch {
  private running: Promise<void> | undefined;
  private lastRead: ClockPair | undefined;
  private closed = false;
  private readonly readers = new Map<string, ReleaseReader>();
  /** Whether it was ever found out which models there are. */
  private knowsNames: boolean;

  constructor(private readonly options: ReleaseWatchOptions) {
    this.knowsNames = options.names !== 'all';
  }

  /** Nothing is known of any model: neither the ledger nor what is kept beside it could be read so far. */
  get blind(): boolean {
    return !this.knowsNames && this.options.models.size === 0;
  }

  /** Starts a refresh when the copy is older than it may be; does not wait for it. */
  touch(now: ClockPair): void {
    if (this.running !== undefined) return;
    if (this.lastRead === undefined || elapsedMs(this.lastRead, now) >= this.options.intervalMs) void this.refresh();
  }

  /**
   * What an answer has to wait for, for at most a tenth of a second, because the copy of a model's release is too old.
   *
   * @returns undefined when there is nothing to wait for; else what gives the copy's age in milliseconds when it is
   * too old all the same
   */
  freshen(model: string, now: ClockPair): Promise<number | undefined> | undefined {
    return this.closed ? undefined : this.readers.get(model)?.freshen(now);
  }

  /** Reads the releases; one that is under way is joined. */
  refresh(): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.running ??= this.read().finally(() => {
      this.lastRead = clocksOf(this.options.home);
      this.running = undefined;
    });
    return this.running;
  }

  /** Reads the releases from now on: one that is under way may have seen what was before, and is waited for. */
  async reread(): Promise<void> {
    await this.running;
    await this.refresh();
  }

  /** Whether the last reading of a model's release came to nothing. */
  isStale(model: string): boolean {
    return this.readers.get(model)?.failed ?? false;
  }

  /** Waits for a refresh that is under way, unless an answer has just waited for it in vain. */
  async settle(ms: number): Promise<void> {
    if (this.running === undefined || [...this.readers.values()].some(({ outrun }) => outrun)) return;
    await settledWithin(ms, this.running);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.running;
    for (const reader of this.readers.values()) await reader.settle();
  }

  private async read(): Promise<void> {
    const { names, home, lastKnown, models, onError } = this.options;
    const began = clocksOf(home);
    let found = names;
    let outage: unknown;
    if (found === 'all')
      try {
        found = await this.timed(home.ledger.models());
        this.knowsNames = true;
      } catch (error) {
        onError('the ledger cannot be read', error);
        outage = error;
        found = models.size > 0 ? [...models.keys()] : await lastKnown.models();
      }
    await Promise.all(found.map((name) => this.reader(name).read(began, outage)));
  }

  private reader(name: string): ReleaseReader {
    let reader = this.readers.get(name);
    if (reader === undefined) {
      const { models, create } = this.options;
      const model = create(name);
      models.set(name, model);
      reader = new ReleaseReader(model, this.options);
      this.readers.set(name, reader);
    }
    return reader;
  }

  /** A ledger that does not answer counts as one that cannot be reached. */
  private timed<T>(promise: Promise<T>): Promise<T> {
    return withTimeout(this.options.timeoutMs, 'the ledger', promise);
  }
}
