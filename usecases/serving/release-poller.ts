import type { Entry } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import { withTimeout } from '../../platform/with-timeout.ts';
import type { ReleaseCache } from './release-cache.ts';
import type { ServedModel } from './served-model.ts';

export interface ReleaseWatchOptions {
  readonly home: Pick<Home, 'ledger' | 'clock'>;
  readonly lastKnown: ReleaseCache;
  readonly names: readonly string[] | 'all';
  /** Filled by the watch: a model appears here as soon as it is known, loaded or not. */
  readonly models: Map<string, ServedModel>;
  readonly create: (name: string) => ServedModel;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Called after each reading of a model's release. */
  readonly onRead: (model: ServedModel, failed: boolean) => void;
  readonly onError: (message: string, error: unknown) => void;
}

/** Keeps models at the ledger's state: one reading at a time, beside whatever else is going on. */
export class ReleaseWatch {
  private running: Promise<void> | undefined;
  private lastRead = Number.NEGATIVE_INFINITY;
  private closed = false;
  private readonly stale = new Set<string>();
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
  touch(): void {
    if (this.running === undefined && performance.now() - this.lastRead >= this.options.intervalMs) void this.refresh();
  }

  /** Reads the releases; one that is under way is joined. */
  refresh(): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.running ??= this.read().finally(() => {
      this.lastRead = performance.now();
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
    return this.stale.has(model);
  }

  async settle(ms: number): Promise<void> {
    if (this.running === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.running, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private async read(): Promise<void> {
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
    await Promise.all(found.map((name) => this.readOne(name, outage)));
  }

  /** @param outage why the ledger could not be read just now: it is not waited for again */
  private async readOne(name: string, outage: unknown): Promise<void> {
    const { home, models, create, onRead, onError } = this.options;
    let model = models.get(name);
    if (model === undefined) {
      model = create(name);
      models.set(name, model);
    }
    const now = home.clock.now().getTime();
    let failed = false;
    try {
      let entry: Entry | undefined;
      try {
        if (outage !== undefined) throw outage;
        entry = await this.timed(home.ledger.latest(name));
      } catch (error) {
        failed = true;
        onError(`the release of ${name} cannot be read, the last known one is served`, error);
        await this.fromLastKnown(model, now);
      }
      if (entry !== undefined && model.isBehind(entry.state)) await model.apply(entry.state, now);
      await model.release(now);
    } catch (error) {
      onError(`the release of ${name} cannot be followed`, error);
    }
    if (failed) this.stale.add(name);
    else this.stale.delete(name);
    onRead(model, failed);
  }

  private async fromLastKnown(model: ServedModel, now: number): Promise<void> {
    const known = await this.options.lastKnown.newest(model.name, model.revision);
    if (known === undefined) return model.retry(now);
    model.remember(known.versions);
    await model.apply(known.state, now);
  }

  /** A ledger that does not answer counts as one that cannot be reached. */
  private timed<T>(promise: Promise<T>): Promise<T> {
    return withTimeout(this.options.timeoutMs, 'the ledger', promise);
  }
}
