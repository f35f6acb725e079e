import type { LabelKeys, PrivacyKeys } from '../core/contract/personal.ts';
import type { Bookkeeping } from '../core/observability/bookkeeping.ts';
import type { JudgeDimensions, VariantDimensions, VersionDimensions } from '../core/observability/metric-names.ts';
import type { StoredRecord } from '../core/registry/chain.ts';
import type { Entry } from '../core/registry/ledger.ts';
import type { LedgerKey, SealBook, Unsealed } from '../core/registry/seal.ts';
import type { ModelVersion } from '../core/registry/version.ts';
import type { Vouching } from '../core/registry/vouching.ts';
import type { Variant } from '../core/serving/variant.ts';
import type { BookkeepingNote } from './bookkeeping-note.ts';

/**
 * The ports: what the program needs of the world. Each has three homes, `local/` (a folder), `aws/`, and `simulated/` (memory, for `trimtab simulate`), and one
 * contract test suite (test/platform/contract) that all pass.
 */

/** What is known of an object without reading it. */
export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
  /** Changes whenever the content does. */
  readonly etag: string;
  /** Identifies this very write of the key, where the store keeps versions; else equal to the etag. */
  readonly versionId: string;
  readonly modifiedAt: Date;
  /**
   * Whether it came under its name whole: it was put by a program, or a person moved it there. False where that cannot be
   * told, as of a file that is being written in place; absent where nothing else can happen.
   */
  readonly whole?: boolean;
  /** Which file it is in: stays when that is written to, changes when another takes its name. Where objects are files. */
  readonly file?: string;
}

/** One write of a key that the store still holds. */
export interface StoredWrite extends ObjectInfo {
  /** What `get` gives; false for a write that was replaced or deleted and is kept. */
  readonly latest: boolean;
}

export interface PutOptions {
  readonly contentType?: string;
  /** Only when the key does not exist. */
  readonly ifAbsent?: boolean;
  /** Only when the key has the content of this etag. */
  readonly ifMatch?: string;
}

/** An object's content, also in pieces that stand behind each other. */
export type Body = Uint8Array | string | readonly Uint8Array[];

/** Objects under keys such as `datasets/flights/dataset_version=000001/data.parquet`. */
export interface ObjectStore {
  /** Reads a whole object. @throws ObjectNotFoundError */
  get(key: string): Promise<Uint8Array>;
  /**
   * Copies an object to a file, without holding it in memory. With `versionId`, that very write.
   * @throws ObjectNotFoundError
   */
  download(key: string, path: string, versionId?: string): Promise<ObjectInfo>;
  head(key: string): Promise<ObjectInfo | undefined>;
  /** Writes an object, whole or not at all. Gives false, and writes nothing, when a condition is not met. */
  put(key: string, body: Body, options?: PutOptions): Promise<boolean>;
  /** Writes a file's content, as `put` does. */
  upload(key: string, path: string, options?: PutOptions): Promise<boolean>;
  /** All objects under a prefix, by key; the order is that of the keys. With `after`, those behind that key. */
  list(prefix: string, options?: { after?: string }): AsyncIterable<ObjectInfo>;
  /**
   * Does nothing when there is none. With `etag`, deletes only the content that has it: what somebody else has put
   * there meanwhile stays. A store that keeps versions goes on holding what was there.
   */
  delete(key: string, options?: { etag?: string }): Promise<void>;
  /** Every write under a prefix that is still held, replaced and deleted ones included, by key, the newest first. */
  writes(prefix: string): AsyncIterable<StoredWrite>;
  /** Removes every write of a key for good; with `keep`, all but the one of that version id; with `only`, just those. */
  erase(key: string, options?: { keep?: string; only?: readonly string[] }): Promise<void>;
}

/** The model registry's append-only table. */
export interface Ledger {
  /** The last entry; undefined when nothing has happened to the model. Strongly consistent. */
  latest(model: string): Promise<Entry | undefined>;
  /** Entries in order; `from` and `to` are numbers, inclusive. */
  entries(model: string, range?: { from?: number; to?: number }): AsyncIterable<Entry>;
  /**
   * Appends entry number n, which succeeds once: atomically, with the version record when one is registered.
   * @throws ReleaseConflictError when entry n exists already
   */
  append(entry: Entry, version?: ModelVersion): Promise<void>;
  version(model: string, version: number): Promise<ModelVersion | undefined>;
  versions(model: string): AsyncIterable<ModelVersion>;
  /** Records of versions as they were written, unparsed: what their digests were taken of. */
  records(model: string): AsyncIterable<StoredRecord>;
  /** Names of all models, sorted. */
  models(): Promise<string[]>;
  /** What stands among a model's entries and is none: it counts for nothing. */
  strays(model: string): Promise<readonly Stray[]>;
}

/** Something that stands where entries are kept, and is none. */
export interface Stray {
  readonly name: string;
  /** What it is, for people. */
  readonly what: string;
  /** The entry whose name it has; absent where it has the name of none. */
  readonly entry?: number;
}

/** Keys that the entries of a ledger are sealed with. */
export interface LedgerSeals {
  /** The key to seal with. It is made when it is first wanted. @throws PlatformError when it cannot be had */
  key(): Promise<LedgerKey>;
  /** What seals are verified with. @throws PlatformError when it cannot be had */
  book(): Promise<SealBook>;
  /**
   * Writes down who vouches for the entries of a model that are before its first seal; see `vouchedFor` of
   * core/registry/seal.ts.
   *
   * @param entries all of the model
   */
  vouch(entries: readonly Entry[], vouched: Vouching): Promise<Unsealed | undefined>;
}

export interface MetricQuery {
  readonly metric: string;
  readonly dimensions: VariantDimensions | VersionDimensions | JudgeDimensions;
  /** `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, `pNN`, or `TC(x:)`: how many samples are above x. */
  readonly statistic: string;
  readonly periodSeconds: number;
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
}

export interface Datapoint {
  /** Start of the period. */
  readonly at: Date;
  readonly value: number;
}

/** Metrics are written as embedded-metric-format log lines (core/observability/emf.ts) and read back here. */
export interface Metrics {
  /** Name of the installation: every metric has it as a dimension, and no metric of another one is read. */
  readonly environment: string;
  /** Takes one embedded-metric-format line. On AWS it is standard output that carries it. */
  write(line: string): void;
  /**
   * Datapoints in order; periods without data are absent. Periods are aligned to multiples of their length.
   *
   * @throws ForeignMetricError when the dimensions name another environment
   */
  query(query: MetricQuery): Promise<Datapoint[]>;
}

/** One thing that happened, for whoever listens (schemas in events/). */
export interface BusEvent {
  readonly source: 'trimtab';
  readonly detailType: string;
  /** The bus adds `environment`, by which events of two installations on one bus are told apart. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Bus {
  publish(event: BusEvent): Promise<void>;
}

export interface Clock {
  now(): Date;
}

/** Where the program lives. */
export interface Home {
  readonly kind: 'local' | 'aws' | 'simulated';
  /** Where it is, for people: a folder, or table and buckets. */
  readonly description: string;
  readonly ledger: Ledger;
  /** Absent where what is kept of every entry cannot be overwritten, and where nothing is kept for long. */
  readonly seals?: LedgerSeals;
  /** Model artifacts, by content: `models/<digest>.onnx`, `baselines/<digest>.json`, `rehearsals/<digest>.json`. Never overwritten. */
  readonly artifacts: ObjectStore;
  /** `incoming/`, `datasets/`, `quarantine/`, `reports/`, `ground-truth/`, `quality/`. */
  readonly data: ObjectStore;
  /** Captured predictions: `captures/dt=YYYY-MM-DD/hour=HH/…`, JSON lines (perhaps gzipped) of core/captures/capture.ts. */
  readonly captures: ObjectStore;
  readonly metrics: Metrics;
  readonly bus: Bus;
  readonly clock: Clock;
  /** What this process could not write down, while it went on. */
  readonly bookkeeping: Bookkeeping;
  /** What processes that serve the home could not write down lately; none where metrics alone tell. */
  bookkeepingNotes(): Promise<readonly BookkeepingNote[]>;
  /**
   * Keys of pseudonyms and encryption. The secret behind them is read when they are first asked for.
   * @throws when it cannot be had; asked again, it is tried again
   */
  privacy(): Promise<PrivacyKeys>;
  /**
   * Keys of personal labels, apart from {@link privacy}: whoever joins ground truth reads captures, and must not be able
   * to open what is encrypted in them.
   * @throws when the secret behind them cannot be had; asked again, it is tried again
   */
  labels(): Promise<LabelKeys>;
  close(): Promise<void>;
}

/** What an endpoint says it is serving. */
export interface ServingReport {
  /** Ledger revision that it has read. */
  readonly revision: number;
  readonly champion: number | null;
  readonly challengers: readonly { readonly version: number; readonly weight: number }[];
  /** Versions that the release gives traffic and that are not loaded. Absent from older endpoints. */
  readonly notLoaded?: readonly NotLoaded[] | undefined;
  /** Versions whose runs the process that was asked refuses for a while. Absent from older endpoints. */
  readonly paused?: readonly PausedVersion[] | undefined;
}

/** A version whose runs are refused for a while, because earlier ones had to be ended. */
export interface PausedVersion {
  readonly version: number;
  readonly variant: Variant;
  readonly reason: string;
  /** How many runs in a row had to be ended. */
  readonly failures: number;
  /** When the next run is let through; 0 when it is by now. */
  readonly retryInSeconds: number;
}

/** A version that an endpoint could not load. */
export interface NotLoaded {
  readonly version: number;
  readonly variant: Variant;
  /** Why, without what is for the endpoint's log only. */
  readonly reason: string;
}

/** What one of the processes behind an endpoint answers to a probe. */
export interface ProbeReport extends ServingReport {
  /** Which of them it was: an execution environment of a function, a server's process. Absent from older ones. */
  readonly instance?: string | undefined;
}

/** Asks a running endpoint what it serves: a rollback counts as done only when it is seen. */
export interface EndpointProbe {
  /** @throws PlatformError when the endpoint does not answer */
  report(model: string): Promise<ProbeReport>;
}
