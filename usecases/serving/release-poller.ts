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

/**
 * Keeps models at the ledger's state, beside whatever else is going on. Models are independent: while a release of one
 * is brought into service, which may take long, those of all others are read and followed.
 */
export class ReleaseWatch {
  /** While the ledger is asked which models there are, and what is released of them. */
  private looking: Promise<void> | undefined;
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

  /** Has the releases read when the copy is older than it may be; does not wait for it. */
  touch(now: ClockPair): void {
    if (this.looking !== undefined) return;
    if (this.lastRead === undefined || elapsedMs(this.lastRead, now) >= this.options.intervalMs) void this.look();
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

  /**
   * Reads the releases, and begins to serve them; a look that is under way is joined.
   *
   * @returns when it is known what is released, which may not be served yet
   */
  look(): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.looking ??= this.readAll((reader, outage) => reader.look(outage)).finally(() => {
      this.lastRead = clocksOf(this.options.home);
      this.looking = undefined;
    });
    return this.looking;
  }

  /** Reads the releases from now on. @returns when they are served */
  async refresh(): Promise<void> {
    if (this.closed) return;
    const began = clocksOf(this.options.home);
    await this.readAll((reader, outage) => reader.read(began, outage));
    this.lastRead = clocksOf(this.options.home);
  }

  /** Reads one model's release from now on. @returns when it is served */
  async reread(name: string): Promise<void> {
    const began = clocksOf(this.options.home);
    if (!this.readers.has(name)) await this.look();
    await this.readers.get(name)?.read(began);
  }

  /** Whether the last reading of a model's release came to nothing. */
  isStale(model: string): boolean {
    return this.readers.get(model)?.failed ?? false;
  }

  /** Waits for a refresh that is under way, unless an answer has just waited for it in vain. */
  async settle(ms: number): Promise<void> {
    const readers = [...this.readers.values()].filter(({ busy }) => busy);
    if ((this.looking === undefined && readers.length === 0) || readers.some(({ outrun }) => outrun)) return;
    await settledWithin(ms, Promise.all([this.looking, ...readers.map((reader) => reader.settle())]));
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.looking;
    for (const reader of this.readers.values()) await reader.settle();
  }

  private async readAll(read: (reader: ReleaseReader, outage: unknown) => Promise<void>): Promise<void> {
    const { names, home, lastKnown, models, onError } = this.options;
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
    await Promise.all(found.map((name) => read(this.reader(name), outage)));
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
