import type { ReleaseState } from '../../core/registry/ledger.ts';
import { type ClockPair, elapsedMs } from '../../core/serving/two-clocks.ts';
import { PlatformError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';
import type { ReleaseSnapshot } from '../../platform/snapshot-schema.ts';
import { settledWithin, withTimeout } from '../../platform/with-timeout.ts';
import type { ReleaseCache } from './release-cache.ts';
import type { ServedModel } from './served-model.ts';

/**
 * What is left of the patience for requests that come later. The answer to a reading that was under way when a function was
 * frozen is here already when it goes on, and needs a few turns of the event loop.
 */
const LEAST_PATIENCE_MS = 10;
/** How long after the beginning of a reading that failed another one is made before an answer. */
const RETRY_MS = 2_000;

export interface ReleaseReaderOptions {
  readonly home: Pick<Home, 'ledger' | 'clock'>;
  readonly lastKnown: ReleaseCache;
  /** How long the ledger may take. */
  readonly timeoutMs: number;
  /** Oldest copy of a release that answers without being read again first. */
  readonly maxAgeMs: number;
  /** How long an answer waits for a reading of the release, counted from its beginning. */
  readonly patienceMs: number;
  /** Called after each reading, and when an answer does not wait for one any longer. */
  readonly onRead: (model: ServedModel, failed: boolean) => void;
  readonly onError: (message: string, error: unknown) => void;
}

interface Reading {
  readonly startedAt: ClockPair;
  /** Resolves when it is known what is released, or that this cannot be found out; never rejects. */
  readonly known: Promise<void>;
  /** Resolves when that is served; never rejects. */
  readonly done: Promise<void>;
  /** Whether an answer has gone out without it. */
  outrun: boolean;
  /** Whether it is known what is released, and only served later. */
  isKnown: boolean;
}

/** What a reading has found that is not served yet. */
interface Found {
  readonly state: ReleaseState | undefined;
  /** Whether the ledger could not be read. */
  readonly failed: boolean;
}

/** Reads one model's release: once at a time for all who wait, and knows how old the copy is. */
export class ReleaseReader {
  private reading: Reading | undefined;
  /** Number of the reading that counts: what an earlier one still finds is nobody's. */
  private current = 0;
  /** When the last reading began that the ledger answered: what happened later may be unknown here. */
  private readAt: ClockPair | undefined;
  private triedAt: ClockPair | undefined;
  /** Releases are brought into service one after the other. */
  private applying: Promise<void> = Promise.resolve();
  /** What is brought into service once what is under way has ended: of several readings the last. */
  private next: Found | undefined;
  /** Whether the last reading came to nothing. */
  failed = false;

  constructor(
    readonly model: ServedModel,
    private readonly options: ReleaseReaderOptions,
  ) {}

  /** Waits until nothing is read any more, and nothing brought into service. */
  async settle(): Promise<void> {
    await this.reading?.done;
    await this.applying;
  }

  /** Whether anything is read, or brought into service. */
  get busy(): boolean {
    return this.reading !== undefined;
  }

  /** Whether an answer went out while a reading was under way that goes on without it. */
  get outrun(): boolean {
    return this.reading?.outrun ?? false;
  }

  /**
   * Reads the release. A reading that began at or after `since` is joined, an earlier one waited for.
   *
   * @param outage why the ledger could not be read just now: it is not waited for again
   */
  async read(since: ClockPair, outage?: unknown): Promise<void> {
    while (this.reading !== undefined && this.reading.startedAt.monotonic < since.monotonic) await this.reading.done;
    await (this.reading ?? this.begin(outage)).done;
  }

  /**
   * Reads the release, and does not wait until it is served. Only what is found out is joined: what is being brought
   * into service may take long, and may be taken back meanwhile.
   */
  look(outage?: unknown): Promise<void> {
    const reading = this.reading === undefined || this.reading.isKnown ? this.begin(outage) : this.reading;
    return reading.known;
  }

  /**
   * Sees to it that an answer rests on a copy of the release that is not too old, as far as that can be had soon.
   *
   * @returns undefined when there is nothing to wait for; else what to wait for, which gives the age of the copy in
   * milliseconds when it is too old all the same
   */
  freshen(now: ClockPair): Promise<number | undefined> | undefined {
    const { replacing } = this.model;
    if (this.ageMs(now) > this.options.maxAgeMs) return this.reread(now);
    return replacing?.then(() => undefined);
  }

  /** Age of the copy in milliseconds; infinite when the ledger has never been read. */
  private ageMs(now: ClockPair): number {
    return this.readAt === undefined ? Number.POSITIVE_INFINITY : elapsedMs(this.readAt, now);
  }

  private async reread(now: ClockPair): Promise<number | undefined> {
    const { timeoutMs, patienceMs } = this.options;
    // A reading never takes that long: the process was stopped in the middle of it, and its answer may be as old.
    if (this.reading !== undefined && elapsedMs(this.reading.startedAt, now) > timeoutMs) this.abandon();
    const due = this.triedAt === undefined || elapsedMs(this.triedAt, now) >= RETRY_MS;
    const reading = this.reading ?? (due ? this.begin() : undefined);
    if (reading !== undefined) {
      const left = Math.max(LEAST_PATIENCE_MS, patienceMs - elapsedMs(reading.startedAt, now));
      if (!(await settledWithin(left, reading.known)) && !reading.outrun) {
        reading.outrun = true;
        this.options.onRead(this.model, true);
      }
    }
    await this.model.replacing;
    const age = this.ageMs(clocksOf(this.options.home));
    return age > this.options.maxAgeMs ? age : undefined;
  }

  private begin(outage?: unknown): Reading {
    const startedAt = clocksOf(this.options.home);
    this.triedAt = startedAt;
    const number = ++this.current;
    const isCurrent = () => this.current === number;
    const known = this.find(startedAt, isCurrent, outage);
    const done = known.then(async () => {
      await this.applying;
      if (isCurrent()) this.reading = undefined;
    });
    const reading: Reading = { startedAt, known, done, outrun: false, isKnown: false };
    void known.then(() => {
      reading.isKnown = true;
    });
    this.reading = reading;
    return reading;
  }

  private abandon(): void {
    this.current++;
    this.reading = undefined;
  }

  /** Finds out what is released, and begins to serve it. Does not reject. */
  private async find(startedAt: ClockPair, isCurrent: () => boolean, outage: unknown): Promise<void> {
    const { home, onError, timeoutMs } = this.options;
    const { name } = this.model;
    try {
      if (outage !== undefined) throw outage;
      const entry = await withTimeout(timeoutMs, 'the ledger', home.ledger.latest(name));
      if (!isCurrent()) return;
      // Nothing is ever taken out of a ledger: it is another one, or its folder is not there.
      if (entry === undefined && this.model.revision > 0)
        throw new PlatformError(`the ledger knows no ${name} any more`);
      this.readAt = startedAt;
      this.follow(entry?.state, false);
    } catch (error) {
      if (!isCurrent()) return;
      onError(`the release of ${name} cannot be read, the last known one is served`, error);
      const kept = await this.lookBeside();
      if (!isCurrent()) return;
      if (kept !== undefined) this.model.remember(kept.versions);
      this.follow(kept?.state, true);
    }
  }

  /** What is kept beside the ledger, where that is newer than what is served. */
  private async lookBeside(): Promise<ReleaseSnapshot | undefined> {
    const { lastKnown, onError } = this.options;
    const { name, revision } = this.model;
    try {
      return await lastKnown.newest(name, revision);
    } catch (error) {
      onError(`the release of ${name} cannot be followed`, error);
      return undefined;
    }
  }

  /** Takes what a release has taken back out of service at once, and brings the rest into service beside everything else. */
  private follow(state: ReleaseState | undefined, failed: boolean): void {
    const { model } = this;
    this.failed = failed;
    const withheld = state !== undefined && model.withhold(state);
    const waits = this.next !== undefined;
    // What an earlier reading has found stands where a later one finds nothing.
    this.next = { state: state ?? this.next?.state, failed };
    if (!waits) this.applying = this.serially((now) => this.apply(now));
    if (withheld) model.replaceBy(this.applying);
  }

  private async apply(now: number): Promise<void> {
    const { model } = this;
    const { state, failed } = this.next!;
    this.next = undefined;
    try {
      if (state !== undefined && model.isBehind(state)) await model.apply(state, now);
      else if (failed) await model.retry(now);
      await model.release(now);
    } finally {
      this.options.onRead(model, failed);
    }
  }

  /** Does not reject. */
  private async serially(work: (now: number) => Promise<void>): Promise<void> {
    const { home, onError } = this.options;
    try {
      await this.applying;
      await work(home.clock.now().getTime());
    } catch (error) {
      onError(`the release of ${this.model.name} cannot be followed`, error);
    }
  }
}

export const clocksOf = ({ clock }: ReleaseReaderOptions['home']): ClockPair => ({
  monotonic: performance.now(),
  wall: clock.now().getTime(),
});
