import type { Entry } from '../../core/registry/ledger.ts';
import { PlatformError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';
import type { ArtifactCache } from './artifact-cache.ts';
import type { ServedModel } from './served-model.ts';

export interface ReleaseWatchOptions {
  readonly home: Pick<Home, 'ledger' | 'clock'>;
  readonly cache: ArtifactCache;
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

  constructor(private readonly options: ReleaseWatchOptions) {}

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
    const names = await this.names();
    await Promise.all(names.map((name) => this.readOne(name)));
  }

  private async names(): Promise<readonly string[]> {
    const { names, home, cache, models } = this.options;
    if (names !== 'all') return names;
    try {
      return await this.timed(home.ledger.models());
    } catch (error) {
      this.options.onError('the ledger cannot be read', error);
      return models.size > 0 ? [...models.keys()] : cache.models();
    }
  }

  private async readOne(name: string): Promise<void> {
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
        entry = await this.timed(home.ledger.latest(name));
      } catch (error) {
        failed = true;
        onError(`the release of ${name} cannot be read, the last known one is served`, error);
        if (model.revision === 0) await this.fromCache(model, now);
      }
      if (entry !== undefined && model.isBehind(entry.state)) await model.apply(entry.state, now);
      await model.release(now);
    } catch (error) {
      onError(`the release of ${name} cannot be followed`, error);
    }
    onRead(model, failed);
  }

  /** Starts from the release that was last served from this folder. */
  private async fromCache(model: ServedModel, now: number): Promise<void> {
    const cached = await this.options.cache.recall(model.name);
    if (cached === undefined) return;
    model.remember(cached.versions);
    await model.apply(cached.state, now);
  }

  /** A ledger that does not answer counts as one that cannot be reached. */
  private async timed<T>(promise: Promise<T>): Promise<T> {
    const { timeoutMs } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new PlatformError(`the ledger has not answered within ${timeoutMs} ms`)),
        timeoutMs,
      );
    });
    try {
      return await Promise.race([promise, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }
}
