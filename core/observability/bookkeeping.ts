import { errorCodes } from '../errors/error-codes.ts';
import { BOOKKEEPING_METRIC, NAMESPACE } from './metric-names.ts';
import type { Collector } from './prometheus.ts';

/** What is written down beside answers: none of it may keep an answer from being given. */
export type BookkeepingKind = 'metrics' | 'captures' | 'truths' | 'releases' | 'drops' | 'marker';

/**
 * Why something is not written down: the disk has no room, or no more than what is left for what matters more; nothing
 * may be written to it, at all or by this user; it takes longer than what comes can be held; a caller is beyond its
 * share; anything else.
 */
export type LossReason = 'disk-full' | 'read-only' | 'not-permitted' | 'too-slow' | 'quota' | 'failed';

/** By code of the operating system. A file beyond the size that a process may write is as a disk that is full. */
const REASONS: Readonly<Record<string, LossReason>> = {
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EFBIG: 'disk-full',
  EROFS: 'read-only',
  EACCES: 'not-permitted',
  EPERM: 'not-permitted',
  ETIMEDOUT: 'too-slow',
};

/** Why a write failed, by the codes of an error and of what caused it. */
export const lossReason = (error: unknown): LossReason =>
  errorCodes(error)
    .map((code) => REASONS[code])
    .find((reason) => reason !== undefined) ?? 'failed';

/** What became of one kind for one reason. */
export interface BookkeepingRecord {
  readonly what: BookkeepingKind;
  readonly reason: LossReason;
  /** Of the last failure, in a line. */
  readonly message: string;
  /** When it began, milliseconds since 1970. */
  readonly since: number;
  /** When it was over; null while it lasts. */
  readonly until: number | null;
  /** Lines, or writes, that are lost for good. */
  readonly lost: number;
  /** What callers were asked to send again: nobody was told that it was kept. */
  readonly refused: number;
}

type Changing = { -readonly [K in keyof BookkeepingRecord]: BookkeepingRecord[K] };

/** What is said of a reason where there is no error that says more. */
const WORDS: Readonly<Record<LossReason, string>> = {
  'disk-full': 'the disk is full',
  'read-only': 'nothing may be written to the disk',
  'not-permitted': 'this user may not write there',
  'too-slow': 'writing takes longer than what comes can wait',
  quota: 'a caller has sent more than its share',
  failed: 'writing fails',
};

/** Why a write failed, in words. */
export const lossWords = (error: unknown): string => WORDS[lossReason(error)];

const MAX_MESSAGE = 200;
/** What has not failed for so long is over: what is written all the time is tried again every second. */
const QUIET_MS = 60_000;
/** Milliseconds between two metric lines of one process. */
const LINE_MS = 30_000;

/**
 * What this process could not write down, by kind and reason. It is bounded by their numbers. Whoever writes says of each
 * attempt how it ended; whoever serves goes on serving.
 */
export class Bookkeeping {
  readonly #records = new Map<string, Changing>();
  /** When each last failed, by its key. */
  readonly #last = new Map<string, number>();
  #lastLine = Number.NEGATIVE_INFINITY;
  #changes = 0;

  /** @param now milliseconds since 1970 */
  constructor(private readonly now: () => number) {}

  /** Grows with every change. */
  get changes(): number {
    return this.#changes;
  }

  /** All kinds that ever had trouble, in the order in which they first had. */
  get records(): readonly BookkeepingRecord[] {
    this.#settle();
    return [...this.#records.values()];
  }

  /** Whether something cannot be written now, or was dropped within the last minute. */
  get troubled(): boolean {
    return this.records.some(({ until }) => until === null);
  }

  /** A write failed; what was to be written is held, for the next attempt. */
  failed(what: BookkeepingKind, error: unknown): void {
    this.#at(what, lossReason(error), error);
  }

  /** Something is lost for good. */
  lost(what: BookkeepingKind, why: LossReason | Error, count: number): void {
    const record = this.#at(what, typeof why === 'string' ? why : lossReason(why), why);
    record.lost += count;
  }

  /** A caller was asked to send something again. */
  refused(what: BookkeepingKind, why: LossReason | Error, count = 1): void {
    const record = this.#at(what, typeof why === 'string' ? why : lossReason(why), why);
    record.refused += count;
  }

  /** A write came about: what hindered this kind is over. */
  worked(what: BookkeepingKind): void {
    for (const record of this.#records.values())
      if (record.what === what && record.until === null && record.reason !== 'quota') this.#end(record);
  }

  /**
   * The line of embedded metric format that says that there is trouble, for the alarm; undefined where there is none, or
   * it was said within the last half minute.
   */
  line(environment: string): string | undefined {
    const now = this.now();
    if (this.#records.size === 0 || now - this.#lastLine < LINE_MS || !this.troubled) return undefined;
    this.#lastLine = now;
    return bookkeepingLine(environment, now);
  }

  readonly collect: Collector = (to) => {
    const { records } = this;
    to.family(
      'trimtab_bookkeeping_lost_total',
      'counter',
      'Lines and writes of metrics, captures and other records that could not be kept, by kind and reason.',
    );
    for (const { what, reason, lost } of records) to.sample({ what, reason }, lost);
    to.family(
      'trimtab_bookkeeping_refused_total',
      'counter',
      'Requests whose records could not be stored, and whose callers were asked to send them again.',
    );
    for (const { what, reason, refused } of records) to.sample({ what, reason }, refused);
    to.family('trimtab_bookkeeping_failing', 'gauge', 'Whether that kind cannot be written now (0 or 1).');
    for (const { what, reason, until } of records) to.sample({ what, reason }, until === null ? 1 : 0);
  };

  #at(what: BookkeepingKind, reason: LossReason, why: unknown): Changing {
    const key = keyOf({ what, reason });
    const message = (why instanceof Error ? why.message : WORDS[reason]).split('\n')[0]!.slice(0, MAX_MESSAGE);
    let record = this.#records.get(key);
    if (record === undefined) {
      record = { what, reason, message, since: this.now(), until: null, lost: 0, refused: 0 };
      this.#records.set(key, record);
    } else if (record.until !== null) {
      record.since = this.now();
      record.until = null;
    }
    record.message = message;
    this.#last.set(key, this.now());
    this.#changes++;
    return record;
  }

  /** What callers send may not come again, and then no success ends it. */
  #settle(): void {
    for (const record of this.#records.values())
      if (record.until === null && this.now() - this.#last.get(keyOf(record))! >= QUIET_MS) this.#end(record);
  }

  #end(record: Changing): void {
    record.until = this.now();
    this.#changes++;
  }
}

const keyOf = ({ what, reason }: Pick<BookkeepingRecord, 'what' | 'reason'>): string => `${what} ${reason}`;

/** A line of embedded metric format, without a line end. @param at milliseconds since 1970 */
function bookkeepingLine(environment: string, at: number): string {
  const Metrics = [{ Name: BOOKKEEPING_METRIC, Unit: 'None' }];
  return JSON.stringify({
    _aws: { Timestamp: at, CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions: [['Environment']], Metrics }] },
    Environment: environment,
    [BOOKKEEPING_METRIC]: 1,
  });
}
