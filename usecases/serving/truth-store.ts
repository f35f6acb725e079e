import type { Bookkeeping } from '../../core/observability/bookkeeping.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import type { FeedbackRecord } from '../../core/serving/feedback-record.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { withTimeout } from '../../platform/with-timeout.ts';
import { feedbackLines, storeLines } from './store-feedback.ts';

export interface TruthStoreOptions {
  readonly data: Pick<ObjectStore, 'put'>;
  readonly bookkeeping: Bookkeeping;
  /** Told why records cannot be stored, once each time that it begins. */
  readonly complain: (error: unknown) => void;
  /** Characters of records that may wait to be stored. @default 16 Mi */
  readonly maxWaiting?: number;
  /** How long a caller waits for its records to be stored; milliseconds. @default 10000 */
  readonly patienceMs?: number;
}

/** Records of one object. */
interface Group {
  readonly lines: string[];
  characters: number;
  requests: number;
  readonly stored: Promise<void>;
  readonly settle: (error?: Error) => void;
}

const MAX_WAITING = 16 * 1024 * 1024;
const PATIENCE_MS = 10_000;
/** Characters from which an object is not added to. */
const GROUP = 1024 * 1024;
/** What callers are told to wait, where nobody knows how long it takes; seconds. */
const RETRY_SECONDS = 5;

/**
 * Stores what callers report about predictions. One object of a model is written at a time, and what comes meanwhile goes
 * together into the next: a disk that takes seconds for each has few writes to do, and holds up nobody else's work. What
 * waits is bounded. Whoever is told that records were taken can rely on it; whoever is not is asked to send them again,
 * which changes nothing where they were stored after all.
 */
export class TruthStore {
  readonly #groups = new Map<string, Group[]>();
  #waiting = 0;
  #failing = false;

  constructor(private readonly options: TruthStoreOptions) {}

  /** @throws ProtocolError 503 when they cannot be stored, or not in time */
  async store(model: string, records: readonly FeedbackRecord[]): Promise<void> {
    const { bookkeeping, maxWaiting = MAX_WAITING, patienceMs = PATIENCE_MS } = this.options;
    const lines = feedbackLines(records);
    const characters = lines.reduce((sum, line) => sum + line.length + 1, 0);
    // What is larger than all that may wait is taken where nothing does: the size of a body bounds it.
    if (this.#waiting > 0 && this.#waiting + characters > maxWaiting)
      throw this.#refuse(
        'too-slow',
        `${this.#waiting} characters of records wait to be stored, at most ${maxWaiting} may`,
      );
    const group = this.#groupOf(model);
    // One by one: many arguments would be too much for the stack.
    for (const line of lines) group.lines.push(line);
    group.characters += characters;
    group.requests++;
    this.#waiting += characters;
    try {
      await withTimeout(patienceMs, 'the store of ground truth', group.stored);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      bookkeeping.refused('truths', 'too-slow');
      throw unstored(`it takes longer than ${patienceMs / 1_000} s`, error);
    }
  }

  #refuse(reason: 'too-slow', why: string): ProtocolError {
    this.options.bookkeeping.refused('truths', reason);
    return unstored(why);
  }

  /** The object that is written next but for those that are full. */
  #groupOf(model: string): Group {
    let groups = this.#groups.get(model);
    if (groups === undefined) {
      groups = [];
      this.#groups.set(model, groups);
      // What else this turn of the event loop brings goes into the same object.
      setImmediate(() => void this.#write(model, groups!));
    }
    let group = groups.at(-1);
    if (group === undefined || group.characters >= GROUP) {
      group = newGroup();
      groups.push(group);
    }
    return group;
  }

  async #write(model: string, groups: Group[]): Promise<void> {
    const { data, bookkeeping, complain } = this.options;
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      try {
        await storeLines(data, model, group.lines);
        bookkeeping.worked('truths');
        this.#failing = false;
        group.settle();
      } catch (error) {
        bookkeeping.refused('truths', error as Error, group.requests);
        if (!this.#failing) complain(error);
        this.#failing = true;
        group.settle(unstored('what stores them fails', error));
      } finally {
        this.#waiting -= group.characters;
      }
    }
    this.#groups.delete(model);
  }
}

const unstored = (why: string, cause?: unknown): ProtocolError =>
  new ProtocolError(503, `the records cannot be stored now, send them again later: ${why}`, {
    cause,
    retryAfterSeconds: RETRY_SECONDS,
  });

function newGroup(): Group {
  let settle: Group['settle'] = () => undefined;
  const stored = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  // Whoever waits for it may have gone.
  stored.catch(() => undefined);
  return { lines: [], characters: 0, requests: 0, stored, settle };
}
