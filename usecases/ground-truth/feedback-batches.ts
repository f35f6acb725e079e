import { type FeedbackRecord, parseFeedbackLine, recordKey } from '../../core/serving/feedback-record.ts';
import { ObjectNotFoundError, PlatformError } from '../../platform/errors.ts';
import type { Home, ObjectInfo, ObjectStore } from '../../platform/ports.ts';

const INCOMING = 'ground-truth/incoming/';
const WAITING = 'ground-truth/waiting/';

/** Objects, and records in them, that are taken at one go; the rest is taken at the next. */
const MAX_OBJECTS = 5_000;
const MAX_RECORDS = 250_000;
/** Objects that are read at a time. */
const PARALLEL = 64;
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
}

interface Waiting {
  readonly since: string;
  readonly searched: string;
  readonly records: readonly ReceivedRecord[];
}

/** Records that have arrived. */
export const readIncoming = (home: Pick<Home, 'data'>): Promise<FeedbackBatch[]> =>
  readBatches(home, INCOMING, (object, text) => {
    const records: ReceivedRecord[] = [];
    const malformed: { line: string; reason: string }[] = [];
    const received = object.modifiedAt.toISOString();
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      const parsed = parseFeedbackLine(line);
      if ('record' in parsed) records.push({ ...parsed.record, received });
      else malformed.push({ line: line.slice(0, 1_000), reason: parsed.fault });
    }
    return { object, ...placeOf(object.key, INCOMING), records, malformed };
  });

/** Records whose predictions were not found when they arrived. */
export const readWaiting = (home: Pick<Home, 'data'>): Promise<FeedbackBatch[]> =>
  readBatches(home, WAITING, (object, text) => {
    const { records, ...waits } = JSON.parse(text) as Waiting;
    return { object, ...placeOf(object.key, WAITING), records, malformed: [], waits };
  });

async function readBatches(
  { data }: Pick<Home, 'data'>,
  prefix: string,
  read: (object: ObjectInfo, text: string) => FeedbackBatch,
): Promise<FeedbackBatch[]> {
  const objects: ObjectInfo[] = [];
  for await (const object of data.list(prefix)) if (objects.push(object) === MAX_OBJECTS) break;
  const batches: FeedbackBatch[] = [];
  let records = 0;
  for (let at = 0; at < objects.length && records < MAX_RECORDS; at += PARALLEL) {
    const some = objects.slice(at, at + PARALLEL);
    const texts = await Promise.all(some.map(({ key }) => textOf(data, key)));
    for (const [i, object] of some.entries()) {
      const text = texts[i];
      // Somebody else has taken it.
      if (text === undefined) continue;
      const batch = read(object, text);
      batches.push(batch);
      records += batch.records.length;
    }
  }
  return batches;
}

/** An object's text; undefined when there is none any more. */
async function textOf(data: ObjectStore, key: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await data.get(key));
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

/** `<prefix><model>/<name>.jsonl`; deeper folders become part of the name. */
function placeOf(key: string, prefix: string): { model: string; name: string } {
  const [model = '', ...rest] = key.slice(prefix.length).split('/');
  return { model, name: rest.join('-').replace(/\.jsonl?$/, '') };
}

/** Takes a batch that arrived away; what was put in its place meanwhile stays. */
export const removeIncoming = ({ data }: Pick<Home, 'data'>, { object }: FeedbackBatch): Promise<void> =>
  data.delete(object.key, { etag: object.etag });

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
    const again = new Set(records.map(recordKey));
    return {
      since,
      // Captures are sought again from where they were for whoever has waited longest.
      searched: there === undefined || there.searched > now.toISOString() ? now.toISOString() : there.searched,
      records: [...(there?.records ?? []).filter((record) => !again.has(recordKey(record))), ...records],
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
