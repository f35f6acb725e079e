import type { Signals } from '../../core/observability/observation.ts';
import type { Statistics } from '../../core/observability/statistics.ts';
import { type Catalog, modelOf, ProtocolError, unknownModel } from '../../core/protocols/protocol.ts';
import type { Route } from '../../core/serving/route.ts';
import type { ClockPair } from '../../core/serving/two-clocks.ts';
import type { Home, ServingReport } from '../../platform/ports.ts';
import { withTimeout } from '../../platform/with-timeout.ts';
import { ArtifactCache, type CachedKind } from './artifact-cache.ts';
import type { ErrorLogger } from './error-log.ts';
import type { ModelLoader } from './loaded-version.ts';
import { ReleaseCache } from './release-cache.ts';
import { ReleaseWatch } from './release-poller.ts';
import { ServedModel } from './served-model.ts';

/** What is served, and from where. */
export interface ModelsOptions {
  readonly home: Home;
  /** Models to serve; `all` follows the ledger. */
  readonly models: readonly string[] | 'all';
  /** The model that requests which name none are for. @default the only one, where one is served */
  readonly defaultModel?: string;
  /** Whether a request may take a model out of service, until another loads it again. @default false */
  readonly allowUnload?: boolean;
  /** Folder for model files and last known releases. */
  readonly cacheFolder: string;
  /** What there may be of model files in it, with what belongs to them; bytes. @default as much as the disk takes */
  readonly cacheBytes?: number | undefined;
  /** How a version's file becomes a model that runs. @default in this process */
  readonly load?: ModelLoader;
  /** How old the copy of the release may get before it is read again. @default 2 */
  readonly refreshSeconds?: number;
  /** How old the copy of the release may be that an answer rests on: an older one is read again first. @default 30 */
  readonly maxAgeSeconds?: number;
  /** How long an answer waits for that. @default 0.1 */
  readonly patienceSeconds?: number;
  /** How long a version that has lost its traffic stays in memory. @default 60 */
  readonly graceSeconds?: number;
  /** How long after a failed load it is tried again. @default 15 */
  readonly retrySeconds?: number;
  /** How long the ledger may take before it counts as unreachable. @default 3 */
  readonly ledgerTimeoutSeconds?: number;
}

/** What becomes known of models beside their requests. */
export interface ModelsListener {
  readonly signal: (model: string, route: Route | undefined, values: Signals) => void;
  readonly complain: ErrorLogger;
}

/**
 * The models that an endpoint serves, as the ledger says. It is read again beside the requests, and before one only when
 * the copy is old; what cannot be read or loaded leaves things as they were, but for what was taken back.
 */
export class ModelManager {
  private readonly served = new Map<string, ServedModel>();
  private readonly watch: ReleaseWatch;
  /** Writing releases to disk, one after the other, beside everything else. */
  private keeping: Promise<void> = Promise.resolve();
  private closing = false;
  /** How many damaged copies in the cache were replaced, by kind. */
  readonly healed = new Map<CachedKind, number>();
  /** What there is to be asked for. */
  readonly catalog: Catalog;

  constructor(
    private readonly options: ModelsOptions,
    private readonly listener: ModelsListener,
    statistics: Statistics,
  ) {
    const { home, defaultModel } = options;
    this.catalog = {
      models: () => [...this.served.keys()].sort(),
      versions: (model) => this.find(model)?.versions(),
      notLoaded: (model) => this.find(model)?.notLoaded() ?? [],
      defaultModel,
      statistics: (model, version) => statistics.of(model && nameOf(this.served, model), version),
    };
    const cache = new ArtifactCache({
      folder: options.cacheFolder,
      artifacts: home.artifacts,
      maxBytes: options.cacheBytes,
      needed: () => [...this.served.values()].flatMap((model) => model.needed()),
      onHealed: (kind, path) => {
        this.healed.set(kind, (this.healed.get(kind) ?? 0) + 1);
        listener.complain('a damaged copy in the cache was replaced by what the store has', new DamagedCopyError(path));
      },
    });
    const timeoutMs = (options.ledgerTimeoutSeconds ?? 3) * 1000;
    const retryMs = (options.retrySeconds ?? 15) * 1000;
    const onError = listener.complain;
    const lastKnown = new ReleaseCache({ cache, artifacts: home.artifacts, timeoutMs, intervalMs: retryMs, onError });
    this.watch = new ReleaseWatch({
      home,
      lastKnown,
      names: options.models,
      models: this.served,
      intervalMs: (options.refreshSeconds ?? 2) * 1000,
      timeoutMs,
      maxAgeMs: (options.maxAgeSeconds ?? 30) * 1000,
      patienceMs: (options.patienceSeconds ?? 0.1) * 1000,
      onRead: (model, failed) => {
        const loaded = model.notLoaded().some(({ variant }) => variant === 'champion') ? {} : { LoadFailure: 0 };
        listener.signal(model.name, model.find({ variant: 'champion' }), { StaleRelease: failed ? 1 : 0, ...loaded });
        model.retryPrivacy();
      },
      create: (name) => this.create(name, { cache, lastKnown, timeoutMs, retryMs }),
      onError,
    });
  }

  private create(
    name: string,
    from: { cache: ArtifactCache; lastKnown: ReleaseCache; timeoutMs: number; retryMs: number },
  ): ServedModel {
    const { cache, lastKnown, timeoutMs, retryMs } = from;
    const { home, load, graceSeconds = 60 } = this.options;
    const { signal, complain } = this.listener;
    return new ServedModel(name, {
      cache,
      load,
      versionOf: async (model, version) => {
        try {
          return await withTimeout(timeoutMs, 'the ledger', home.ledger.version(model, version));
        } catch (error) {
          // A record never changes, so it does not matter where it comes from.
          const known = await lastKnown.version(model, version);
          if (known === undefined) throw error;
          return known;
        }
      },
      privacy: () => home.privacy(),
      graceMs: graceSeconds * 1000,
      retryMs,
      keep: (model, release) => {
        this.keeping = this.keeping
          .then(() => cache.keep(model, release))
          .then(() => home.bookkeeping.worked('releases'))
          .catch((error) => {
            home.bookkeeping.lost('releases', error as Error, 1);
            complain(`the release of ${model} cannot be kept on disk`, error);
          });
      },
      onLoad: (model, route, error) => {
        // A load that ends with everything else is no failure.
        if (this.closing) return;
        signal(model, route, { LoadFailure: error === undefined ? 0 : 1 });
        if (error !== undefined) complain(`version ${route.version} of ${model} cannot be loaded`, error);
      },
      onPrivacy: (model, route, error) => {
        signal(model, route, { PrivacyFailure: error === undefined ? 0 : 1 });
        if (error !== undefined)
          complain(`the privacy secret cannot be had: what captures of ${model} hide is left out of them`, error);
      },
    });
  }

  has(name: string): boolean {
    return this.served.has(name);
  }

  /** A model that may not be known yet, by a name as callers have it. */
  find(name: string): ServedModel | undefined {
    return this.served.get(nameOf(this.served, name));
  }

  /** The model asked for, or the one that nameless requests are for. @throws ProtocolError 400, 404 or 503 */
  get(asked: string | undefined): ServedModel {
    // A release that could not be read yet may hold any model, and any number of them.
    if (asked === undefined && this.watch.blind && this.served.size === 0) throw blind();
    const name = modelOf(this.catalog, asked);
    const model = this.find(name);
    if (model !== undefined) return model;
    if (this.watch.blind) throw blind();
    throw unknownModel(name, this.catalog.models());
  }

  /** Makes sure that what the ledger says is in memory, now. @throws ProtocolError 404 or 503 */
  async load(name: string): Promise<void> {
    this.find(name)?.wake();
    await this.watch.reread(nameOf(this.served, name));
    const model = this.get(name);
    if (this.watch.isStale(model.name))
      throw new ProtocolError(503, `the release of ${name} cannot be read now, try again later`);
    const missing = model.missing();
    if (missing.length > 0) throw new ProtocolError(503, `version ${missing.join(', ')} of ${name} cannot be loaded`);
    if (model.versions().length === 0) throw new ProtocolError(503, `nothing is released of model ${name}`);
  }

  /** Takes a model out of service, until it is loaded again. @throws ProtocolError 404, or 501 where that is not allowed */
  async unload(name: string): Promise<void> {
    if (!this.options.allowUnload)
      throw new ProtocolError(501, `unload is not allowed here: what is served is what the registry has released`);
    await this.get(name).unload(this.options.home.clock.now().getTime());
  }

  /** Begins to read the releases again when they have become old. */
  touch(now: ClockPair): void {
    this.watch.touch(now);
  }

  /**
   * What an answer of a model has to wait for, so that nobody gets a version that was taken back: a look at a release
   * whose copy is old, and the load of what comes in the place of one that was.
   *
   * @returns undefined when there is nothing to wait for; else what gives the age of the copy in milliseconds, when it
   * could not be read again
   */
  freshen(model: ServedModel, now: ClockPair): Promise<number | undefined> | undefined {
    return this.watch.freshen(model.name, now);
  }

  /** Reads the releases now, and waits until they are served. Does not throw. */
  refresh(): Promise<void> {
    return this.watch.refresh();
  }

  /** Reads the releases now, and waits until it is known what they are. Does not throw. */
  look(): Promise<void> {
    return this.watch.look();
  }

  /** Waits for a refresh that is under way, at most so long. */
  async settle(ms: number): Promise<void> {
    await this.watch.settle(ms);
  }

  /** What every model serves now, by name. */
  reports(): ReadonlyMap<string, ServingReport> {
    return new Map([...this.served].map(([name, model]) => [name, model.report()]));
  }

  /** Frees all models, once `settled`. Nothing may be asked of them afterwards. */
  async close(settled: () => Promise<void>): Promise<void> {
    this.closing = true;
    await this.watch.close();
    await settled();
    await this.keeping;
    for (const model of this.served.values()) await model.close();
  }
}

/**
 * The model that a caller's name means. Names here have no capitals and no underscores, those of other servers do: their
 * callers need not learn another. No two models have names that differ in nothing else.
 */
const nameOf = (served: ReadonlyMap<string, unknown>, name: string): string =>
  served.has(name) ? name : name.toLowerCase().replaceAll('_', '-');

const blind = () => new ProtocolError(503, 'the releases cannot be read now, try again later');

/** A copy in the cache was not what had been kept. */
class DamagedCopyError extends Error {
  override readonly name = 'DamagedCopyError';
  constructor(path: string) {
    super(`${path} was not what it had been: look after the disk that it is on`);
  }
}
