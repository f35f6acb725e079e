import { type FeedbackRecord, recordKey } from '../../core/serving/feedback-record.ts';
import { ObjectNotFoundError, PlatformError } from '../../platform/errors.ts';
import type { Home, ObjectInfo, ObjectStore } from '../../platform/ports.ts';

const WAITING = 'ground-truth/waiting/';

/** Records that wait, and characters of them, which a run looks for; the rest is looked for by a later one. */
const MAX_RECORDS = 250_000;
const MAX_CHARACTERS = 64_000_000;
/** What began to wait within such a time waits in one object. */
const BUCKET_MS = 600_000;
const MAX_ATTEMPTS = 20;

/** A record, and when it arrived (ISO 8601). */
export type ReceivedRecord = FeedbackRecord & { readonly received: string };

/** Records that look for their predictions. */
export interface FeedbackBatch {
  readonly object: ObjectInfo;
  readonly model: string;
  /** Name of the object that brought them, without folder and ending. */
  readonly name: string;
  readonly records: readonly ReceivedRecord[];
  readonly malformed: readonly { line: string; reason: string }[];
  /** Of records that wait: since when, and until when captures have been searched. */
  readonly waits?: Omit<Waiting, 'records'>;
  /** Bytes of its object that it begins at and ends before, where it is not all of it; the last part has no end. */
  readonly part?: { readonly from: number; readonly next?: number };
}

interface Waiting {
  readonly since: string;
  readonly searched: string;
  readonly records: readonly ReceivedRecord[];
}

/** Records that wait and were not read. */
export interface UnreadWaiting {
  readonly records: number;
  readonly characters: number;
}

/** What waits. */
export interface WaitingBatches {
  readonly batches: readonly FeedbackBatch[];
  /** By model: how many wait that were not read, for there are too many. */
  readonly unread: ReadonlyMap<string, UnreadWaiting>;
}

/** Records whose predictions were not found when they arrived. */
export async function readWaiting({ data }: Pick<Home, 'data'>): Promise<WaitingBatches> {
  const batches: FeedbackBatch[] = [];
  const unread = new Map<string, UnreadWaiting>();
  const read = { records: 0, characters: 0 };
  for await (const object of data.list(WAITING)) {
    const text = await textOf(data, object.key);
    // Somebody else has taken it.
    if (text === undefined) continue;
    const { records, ...waits } = JSON.parse(text) as Waiting;
    const place = placeOf(object.key, WAITING);
    if (read.records < MAX_RECORDS && read.characters < MAX_CHARACTERS)
      batches.push({ object, ...place, records, malformed: [], waits });
    else {
      const before = unread.get(place.model) ?? { records: 0, characters: 0 };
      unread.set(place.model, {
        records: before.records + records.length,
        characters: before.characters + text.length,
      });
    }
    read.records += records.length;
    read.characters += text.length;
  }
  return { batches, unread };
}

/** How many records of a model wait, and since when the first of them has. */
export async function waitingOf(
  { data }: Pick<Home, 'data'>,
  model: string,
): Promise<{ readonly truths: number; readonly since: string | null }> {
  let truths = 0;
  let first: string | null = null;
  for await (const { key } of data.list(`${WAITING}${model}/`)) {
    const text = await textOf(data, key);
    if (text === undefined) continue;
    const { since, records } = JSON.parse(text) as Waiting;
    truths += records.length;
    if (first === null || since < first) first = since;
  }
  return { truths, since: first };
}

/** An object's text; undefined when there is none any more. */
export async function textOf(data: ObjectStore, key: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await data.get(key));
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

/** `<prefix><model>/<name>.jsonl`; deeper folders become part of the name. */
export function placeOf(key: string, prefix: string): { model: string; name: string } {
  const [model = '', ...rest] = key.slice(prefix.length).split('/');
  return { model, name: rest.join('-').replace(/\.jsonl?$/, '') };
}

/** Lets records wait for captures on their way, beside those that began to wait at about the same time. */
export async function addWaiting(
  home: Pick<Home, 'data'>,
  model: string,
  records: readonly ReceivedRecord[],
  now: Date,
): Promise<void> {
  if (records.length === 0) return;
  const since = new Date(Math.floor(now.getTime() / BUCKET_MS) * BUCKET_MS).toISOString();
  await changeWaiting(home, `${WAITING}${model}/${since.slice(0, 16).replace(':', '-')}.json`, (there) => {
    // Of what is said of one prediction the latest waits, in whatever order it is read.
    const latest = new Map<string, ReceivedRecord>();
    for (const record of [...(there?.records ?? []), ...records]) {
      const key = recordKey(record);
      if (record.received >= (latest.get(key)?.received ?? '')) latest.set(key, record);
    }
    return {
      since,
      // Captures are sought again from where they were for whoever has waited longest.
      searched: there === undefined || there.searched > now.toISOString() ? now.toISOString() : there.searched,
      records: [...latest.values()],
    };
  });
}

/**
 * Takes records out of those that wait, and notes until when captures have been searched for the others. What began to
 * wait meanwhile stays.
 */
export async function settleWaiting(
  home: Pick<Home, 'data'>,
  { object, records: searchedFor }: FeedbackBatch,
  rest: readonly ReceivedRecord[],
  now: Date,
): Promise<void> {
  const before = new Set(searchedFor.map(identity));
  const left = new Set(rest.map(identity));
  await changeWaiting(home, object.key, (there) => {
    if (there === undefined) return undefined;
    const records = there.records.filter((record) => left.has(identity(record)) || !before.has(identity(record)));
    const isWhole = records.every((record) => before.has(identity(record)));
    return { ...there, searched: isWhole ? now.toISOString() : there.searched, records };
  });
}

const identity = (record: ReceivedRecord): string => `${recordKey(record)}\n${record.received}`;

/** Writes what waits anew, as long as nobody else does; an object without records is removed. */
async function changeWaiting(
  { data }: Pick<Home, 'data'>,
  key: string,
  change: (there: Waiting | undefined) => Waiting | undefined,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const info = await data.head(key);
    const text = info && (await textOf(data, key));
    const there = text === undefined ? undefined : (JSON.parse(text) as Waiting);
    const changed = change(there);
    if (changed === undefined || changed.records.length === 0) {
      if (info === undefined) return;
      await data.delete(key, { etag: info.etag });
      if ((await data.head(key)) === undefined) return;
      continue;
    }
    const condition = info === undefined ? { ifAbsent: true } : { ifMatch: info.etag };
    if (await data.put(key, JSON.stringify(changed), condition)) return;
  }
  throw new PlatformError(`${key} keeps changing while it is written`);
}
