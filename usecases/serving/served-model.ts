import { needsKeys, type PrivacyKeys } from '../../core/contract/personal.ts';
import type { BusinessMetric } from '../../core/manifest/business.ts';
import type { RateLimit } from '../../core/manifest/guards.ts';
import type { ServedVersion } from '../../core/protocols/protocol.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { exampleOf } from '../../core/schema-inference/example.ts';
import { loadedRoutes, type Route, route, type Traffic } from '../../core/serving/route.ts';
import type { TruthReader } from '../../core/serving/truth-fault.ts';
import type { Variant } from '../../core/serving/variant.ts';
import { examplePictures } from '../../platform/images/preprocess.ts';
import type { NotLoaded, PausedVersion, ServingReport } from '../../platform/ports.ts';
import type { ReleaseSnapshot } from '../../platform/snapshot-schema.ts';
import { type ArtifactCache, digestsOf } from './artifact-cache.ts';
import { isVersionsFault, loadFailureReason } from './load-failure.ts';
import { type LoadedVersion, loadVersion, type ModelLoader, unloadVersion, wantsBaseline } from './loaded-version.ts';
import { KeySource } from './privacy-key-source.ts';

export interface ServedModelOptions {
  readonly cache: ArtifactCache;
  /** How a version's file becomes a model. @default in this process */
  readonly load?: ModelLoader | undefined;
  /** Reads a version's record; undefined when there is none. */
  readonly versionOf: (model: string, version: number) => Promise<ModelVersion | undefined>;
  /** Reads the privacy keys; asked only for a version whose contract needs them. */
  readonly privacy: () => Promise<PrivacyKeys>;
  /** How long a version without traffic stays in memory, in case it gets it back; milliseconds. */
  readonly graceMs: number;
  /** How long after a failed load it is tried again, the first time; milliseconds. */
  readonly retryMs: number;
  /** Takes a release that is served whole, to keep it on disk; nobody waits for it. */
  readonly keep: (model: string, release: ReleaseSnapshot) => void;
  /** Called after every attempt to make a version resident, and while one is not. */
  readonly onLoad: (model: string, route: Route, error?: unknown) => void;
  /** Called after every attempt to read the privacy keys. */
  readonly onPrivacy: (model: string, route: Route, error?: unknown) => void;
}

/** How long a load waits for the privacy keys; milliseconds. */
const PRIVACY_PATIENCE_MS = 1_500;
/** How long after a failure they are asked for again where no contract needs them; milliseconds. */
const PRIVACY_OFFER_MS = 600_000;

interface Attempt {
  readonly at: number;
  readonly error: unknown;
  /** How many in a row have failed. */
  readonly count: number;
}

/** Longest time after a failed load until it is tried again; milliseconds. */
const MAX_RETRY_MS = 600_000;

const NOTHING: Traffic & { readonly revision: number } = {
  revision: 0,
  champion: null,
  challengers: [],
  salt: null,
  shadow: null,
};

/**
 * One model as this endpoint serves it. `apply` brings it to a release: what gets traffic is loaded and warmed first,
 * and what cannot be loaded gets none, so that the old champion goes on when the new one is broken.
 */
export class ServedModel {
  /** Who is served, which is the release unless a version of it did not load. */
  private serving: typeof NOTHING = NOTHING;
  /** The release that was last asked for. */
  private wanted: ReleaseState | undefined;
  private readonly inMemory = new Map<number, LoadedVersion>();
  private readonly records = new Map<number, ModelVersion>();
  private readonly failures = new Map<number, Attempt>();
  /** Version -> since when it has had no traffic. */
  private readonly idle = new Map<number, number>();
  /** Taken out of service by hand; the release does not bring it back. */
  private held = false;
  private readonly privacy: KeySource;
  /** The last route whose version may want the privacy keys: what an attempt to read them is counted on. */
  private wanting: Route | undefined;
  private replacement: Promise<void> | undefined;

  constructor(
    readonly name: string,
    private readonly options: ServedModelOptions,
  ) {
    this.privacy = new KeySource({
      read: options.privacy,
      patienceMs: PRIVACY_PATIENCE_MS,
      retryMs: options.retryMs,
      offerMs: PRIVACY_OFFER_MS,
      onResult: (error) => options.onPrivacy(name, this.wanting!, error),
    });
  }

  /** While the champion was taken back and its successor is being loaded: when that has ended. */
  get replacing(): Promise<void> | undefined {
    return this.replacement;
  }

  get revision(): number {
    return this.serving.revision;
  }

  /** Champion first; empty while nothing is served. */
  versions(): ServedVersion[] {
    return loadedRoutes(this.serving).map(({ variant, version }) => {
      const { protocolModel } = this.inMemory.get(version)!;
      const { signature } = protocolModel;
      const example = () => {
        const { manifest, signature: graph } = this.records.get(version)!;
        const { contract, preprocess = {} } = manifest;
        // The rules for a picture are about its pixels, which is not what callers send.
        const tensors = contract.tensors.filter(({ name }) => !Object.hasOwn(preprocess, name));
        return new Map([
          ...exampleOf({ ...contract, tensors }, signature),
          ...examplePictures(graph, contract, preprocess),
        ]);
      };
      return { variant, version, signature, protocolModel, example };
    });
  }

  report(): ServingReport {
    const { revision, champion, challengers } = this.serving;
    return {
      revision,
      champion,
      challengers: challengers.map(({ version, weight }) => ({ version, weight })),
      notLoaded: this.notLoaded(),
      paused: this.paused(),
    };
  }

  /** Versions that have traffic, and whose runs are refused for a while. */
  private paused(): PausedVersion[] {
    return loadedRoutes(this.serving).flatMap(({ version, variant }) => {
      const pause = this.inMemory.get(version)!.model.pause?.();
      return pause === undefined ? [] : [{ version, variant, ...pause }];
    });
  }

  /** Versions that the release which was last asked for gives traffic, and that could not be loaded. */
  notLoaded(): NotLoaded[] {
    if (this.wanted === undefined || this.held) return [];
    return loadedRoutes(this.wanted).flatMap(({ version, variant }) => {
      const failure = this.failures.get(version);
      return failure === undefined ? [] : [{ version, variant, reason: loadFailureReason(failure.error) }];
    });
  }

  /** Who answers a key. */
  route(key: string): Route | undefined {
    return route(this.name, this.serving, key);
  }

  /** The route of an explicit version or variant; undefined when it has no traffic. */
  find(wanted: { version?: number; variant?: Variant }): Route | undefined {
    return loadedRoutes(this.serving).find(
      (each) =>
        (wanted.version === undefined || each.version === wanted.version) &&
        (wanted.variant === undefined || each.variant === wanted.variant),
    );
  }

  /** What a caller may send, by the manifest of whoever is served first; undefined where there is no limit. */
  get rateLimit(): { readonly limit: RateLimit; readonly route: Route } | undefined {
    const [first] = loadedRoutes(this.serving);
    const limit = first && this.inMemory.get(first.version)!.rateLimit;
    return limit && { limit, route: first };
  }

  /** Business metrics of the versions that are served; where they differ, the champion's. */
  get business(): readonly BusinessMetric[] {
    const all = new Map<string, BusinessMetric>();
    for (const { version } of loadedRoutes(this.serving))
      for (const metric of this.records.get(version)?.manifest.monitoring.business ?? [])
        if (!all.has(metric.name)) all.set(metric.name, metric);
    return [...all.values()];
  }

  /** Decisions of the versions that are served, which truths are about; the champion's first. */
  get truthReaders(): readonly TruthReader[] {
    return loadedRoutes(this.serving).flatMap(({ version }) => {
      const { decision, outputs = [] } = this.records.get(version)?.manifest ?? {};
      return decision === undefined ? [] : [{ decision, outputs }];
    });
  }

  get shadow(): Route | undefined {
    return this.find({ variant: 'shadow' });
  }

  loadedVersion(version: number): LoadedVersion {
    return this.inMemory.get(version)!;
  }

  /** Whether `apply` would change anything: a new revision, or a load to be tried again. */
  isBehind(state: ReleaseState): boolean {
    return !this.held && (state.revision !== this.serving.revision || this.failures.size > 0);
  }

  /** Versions of the release that was last asked for that are not in memory. */
  missing(): number[] {
    const wanted = this.wanted === undefined ? [] : loadedRoutes(this.wanted).map(({ version }) => version);
    return wanted.filter((version) => !this.inMemory.has(version));
  }

  /**
   * Digests of what is kept of the versions that have traffic, or are to get it. One that is in memory and has none can
   * do without its file.
   */
  needed(): string[] {
    const routes = [this.serving, ...(this.wanted === undefined ? [] : [this.wanted])].flatMap(loadedRoutes);
    return [...new Set(routes.map(({ version }) => version))].flatMap((version) => {
      const record = this.records.get(version);
      return record === undefined ? [] : digestsOf(record);
    });
  }

  /** Lets the next reading of the release load what is not in memory: what failed before, and what was unloaded. */
  wake(): void {
    this.held = false;
    for (const [version, { error }] of this.failures)
      this.failures.set(version, { at: Number.NEGATIVE_INFINITY, error, count: 0 });
  }

  /**
   * Takes the model out of service and, once its runs have ended, out of memory, until `wake`.
   *
   * @param now milliseconds since 1970
   */
  async unload(now: number): Promise<void> {
    this.held = true;
    this.serving = NOTHING;
    await this.release(now, 0);
  }

  /**
   * Ends at once the service of what a release has taken back, before that release is applied: what is quarantined or
   * rejected, and what a rollback has left without traffic. A version that has only been followed by another one goes
   * on until that one is loaded.
   *
   * @returns whether the champion was taken back: nobody is there to answer until the release is applied
   */
  withhold(state: ReleaseState): boolean {
    const { revision, champion, challengers, shadow } = this.serving;
    if (this.held || revision === state.revision) return false;
    const rolledBack = state.lastRollback !== null && state.lastRollback !== this.wanted?.lastRollback;
    const taken = new Set([...state.rejected, ...state.quarantined.map(({ version }) => version)]);
    const stays = new Set(loadedRoutes(state).map(({ version }) => version));
    const isTaken = (version: number): boolean => !stays.has(version) && (rolledBack || taken.has(version));
    const withheld = champion !== null && isTaken(champion);
    this.serving = {
      ...this.serving,
      champion: withheld ? null : champion,
      challengers: challengers.filter(({ version }) => !isTaken(version)),
      shadow: shadow !== null && isTaken(shadow.version) ? null : shadow,
    };
    return withheld;
  }

  /** Lets requests wait for a release that is being applied. @param applied does not reject */
  replaceBy(applied: Promise<void>): void {
    const replacement = applied.then(() => {
      if (this.replacement === replacement) this.replacement = undefined;
    });
    this.replacement = replacement;
  }

  /**
   * Brings this model to a release.
   *
   * @param now milliseconds since 1970
   */
  async apply(state: ReleaseState, now: number): Promise<void> {
    this.wanted = state;
    if (this.held) return;
    const routes = loadedRoutes(state);
    const loaded = new Set<number>();
    for (const each of routes) if (await this.ensure(each, now)) loaded.add(each.version);
    for (const version of this.failures.keys())
      if (!routes.some((each) => each.version === version)) this.failures.delete(version);
    const champion = state.champion === null || loaded.has(state.champion) ? state.champion : this.serving.champion;
    this.serving = {
      revision: state.revision,
      champion,
      challengers: state.challengers.filter(({ version }) => loaded.has(version)),
      salt: state.salt,
      shadow: state.shadow !== null && loaded.has(state.shadow.version) ? state.shadow : null,
    };
    if (loaded.size === routes.length && routes.length > 0)
      this.options.keep(this.name, { state, versions: routes.map((each) => this.records.get(each.version)!) });
  }

  /** Tries again what did not load of the release that was last asked for, without anybody naming it anew. */
  async retry(now: number): Promise<void> {
    if (this.wanted !== undefined && this.failures.size > 0) await this.apply(this.wanted, now);
  }

  /** Asks once more for privacy keys that could not be had; does not wait for them. */
  retryPrivacy(): void {
    this.privacy.retry();
  }

  /** Takes records of versions that came with a snapshot, so that they need not be read. */
  remember(versions: readonly ModelVersion[]): void {
    for (const record of versions) this.records.set(record.version, record);
  }

  /** Frees the versions that have had no traffic for the grace. */
  async release(now: number, graceMs = this.options.graceMs): Promise<void> {
    const active = new Set(loadedRoutes(this.serving).map((each) => each.version));
    for (const [version, loaded] of this.inMemory) {
      if (active.has(version)) {
        this.idle.delete(version);
        continue;
      }
      const since = this.idle.get(version) ?? now;
      this.idle.set(version, since);
      if (now - since < graceMs || loaded.running > 0) continue;
      this.inMemory.delete(version);
      this.idle.delete(version);
      await unloadVersion(loaded);
    }
  }

  async close(): Promise<void> {
    this.serving = NOTHING;
    await this.release(0, 0);
    // A home's secret may be made while it is read, which must not outlive the home.
    await this.privacy.settle();
  }

  /** Makes a version resident. @returns whether it is */
  private async ensure(each: Route, now: number): Promise<boolean> {
    const { version } = each;
    if (this.inMemory.has(version)) return true;
    const failure = this.failures.get(version);
    if (failure !== undefined && now - failure.at < this.retryMs(failure)) {
      this.options.onLoad(this.name, each, failure.error);
      return false;
    }
    try {
      this.inMemory.set(version, await this.load(each));
      this.failures.delete(version);
      this.options.onLoad(this.name, each);
      return true;
    } catch (error) {
      this.failures.set(version, { at: now, error, count: (failure?.count ?? 0) + 1 });
      this.options.onLoad(this.name, each, error);
      return false;
    }
  }

  /** What a version fails at by itself is tried more and more rarely: each try costs as much as the first. */
  private retryMs({ error, count }: Attempt): number {
    const { retryMs } = this.options;
    return isVersionsFault(error) ? Math.min(Math.max(retryMs, MAX_RETRY_MS), retryMs * 2 ** (count - 1)) : retryMs;
  }

  private async load(each: Route): Promise<LoadedVersion> {
    const { version } = each;
    const { cache, versionOf, load } = this.options;
    const record = this.records.get(version) ?? (await versionOf(this.name, version));
    if (record === undefined) throw new Error(`model ${this.name} has no version ${version}`);
    this.records.set(version, record);
    const keys = (): PrivacyKeys | undefined => this.privacy.offer();
    this.wanting = each;
    // Beside the model's file, so that neither waits for the other.
    const { contract, monitoring } = record.manifest;
    const privacy = monitoring.captureShare > 0 && needsKeys(contract) ? this.privacy.want() : undefined;
    const fresh = async (): Promise<LoadedVersion> => {
      const baseline = wantsBaseline(record) ? cache.baseline(record) : undefined;
      // Whichever fails first is told; the other must not be left to fail with nobody to hear it.
      baseline?.catch(() => undefined);
      const rehearsal = cache.rehearsal(record);
      rehearsal.catch(() => undefined);
      const path = await cache.file(record);
      return loadVersion(record, { path, baseline: await baseline, rehearsal: await rehearsal, keys, load });
    };
    try {
      const loaded = await fresh();
      await privacy;
      return loaded;
    } catch (error) {
      // Whatever it is called that a damaged copy leads to: once more from the store, if that has a better one.
      if (!(await cache.heal(record).catch(() => false))) throw error;
      return await fresh();
    }
  }
}
