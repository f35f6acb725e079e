import { gunzipSync, gzipSync } from 'node:zlib';
import type { Hour } from '../../core/quality/hour-tallies.ts';
import { JoinedRecord, joinedKey, joinedPrefix, MAX_SHARD_ROWS, shardKey } from '../../core/quality/joined-record.ts';
import { ObjectNotFoundError, PlatformError } from '../../platform/errors.ts';
import type { Home, ObjectStore, PutOptions } from '../../platform/ports.ts';

/** One shard as it was read. */
export interface Shard {
  readonly key: string;
  readonly etag: string;
  /** By {@link joinedKey}, in the order of the lines. */
  readonly records: Map<string, JoinedRecord>;
}

/** A shard is not what the join writes. */
export class JoinedShardError extends Error {
  override readonly name = 'JoinedShardError';
  constructor(
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(`${key} does not hold joined rows: ${(options?.cause as Error | undefined)?.message ?? ''}`, options);
  }
}

/** What storing records changed. */
export interface StoredRecords {
  /** Records of which nothing was known before. */
  readonly added: readonly JoinedRecord[];
  /** Records that replaced others, which said something else. */
  readonly corrected: readonly JoinedRecord[];
}

/** How often others may change a shard while it is being changed. */
const MAX_ATTEMPTS = 20;

/**
 * Shards of the predictions of an hour, in their order.
 *
 * @throws JoinedShardError
 */
export async function readShards({ data }: Pick<Home, 'data'>, model: string, hour: Hour): Promise<Shard[]> {
  const shards: Shard[] = [];
  for await (const { key, etag } of data.list(joinedPrefix(model, hour))) {
    const records = await readShard(data, key);
    if (records !== undefined) shards.push({ key, etag, records });
  }
  return shards;
}

/** What is asked while records are stored. */
export interface StoreGuard {
  /** Called with what is stored of the hour before anything is written. @throws where nothing must be written */
  readonly check: (shards: readonly Shard[]) => Promise<void>;
  /** Those of records whose captures were erased since they were read. */
  readonly gone: (records: readonly JoinedRecord[]) => Promise<readonly JoinedRecord[]>;
}

/**
 * Stores records of predictions of one hour, each once: what is known of a prediction stays where it is and is replaced
 * when something else is said of it later; new ones go behind the others. Every shard is written only if it still is what
 * was read, else all is looked at again, so of several that store the same record one adds it. What was erased meanwhile
 * is not stored, and taken out where that is noticed behind the write only.
 *
 * @param records of two with one key the later one counts
 */
export async function storeRecords(
  home: Pick<Home, 'data'>,
  hour: HourOf,
  records: readonly JoinedRecord[],
  guard: StoreGuard,
): Promise<StoredRecords> {
  const wanted = latestOf(records);
  const all = [...wanted.values()];
  const stored = { added: [] as JoinedRecord[], corrected: [] as JoinedRecord[] };
  try {
    await storeWanted(home, hour, wanted, { guard, stored });
  } finally {
    const gone = new Set(await guard.gone(all));
    if (gone.size > 0) await takeOut(home, hour, new Map([...gone].map((record) => [joinedKey(record), record])));
    for (const of of ['added', 'corrected'] as const) stored[of] = stored[of].filter((record) => !gone.has(record));
  }
  return stored;
}

async function storeWanted(
  home: Pick<Home, 'data'>,
  { model, hour }: HourOf,
  wanted: Map<string, JoinedRecord>,
  { guard, stored }: { guard: StoreGuard; stored: { added: JoinedRecord[]; corrected: JoinedRecord[] } },
): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const shards = await readShards(home, model, hour);
    await guard.check(shards);
    for (const record of await guard.gone([...wanted.values()])) wanted.delete(joinedKey(record));
    let whole = true;
    for (const change of changesOf(shards, { model, hour }, wanted)) {
      whole = await home.data.put(change.key, bodyOf(change.records), change.condition);
      if (!whole) break;
      stored.added.push(...change.added);
      stored.corrected.push(...change.corrected);
      // What is stored is not looked for again when another shard has to be.
      for (const record of [...change.added, ...change.corrected]) wanted.delete(joinedKey(record));
    }
    if (whole) return;
  }
  throw keepsChanging({ model, hour });
}

/** Takes what is said of predictions out of the shards of an hour. */
async function takeOut(
  home: Pick<Home, 'data'>,
  { model, hour }: HourOf,
  gone: ReadonlyMap<string, JoinedRecord>,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    let whole = true;
    for (const { key, etag, records } of await readShards(home, model, hour)) {
      const left = [...records].filter(([of, { at }]) => gone.get(of)?.at !== at).map(([, record]) => record);
      if (left.length < records.size) whole = (await home.data.put(key, bodyOf(left), { ifMatch: etag })) && whole;
    }
    if (whole) return;
  }
  throw keepsChanging({ model, hour });
}

const keepsChanging = ({ model, hour }: HourOf): PlatformError =>
  new PlatformError(`joined rows of ${model} of ${hour} keep changing while they are written`);

/** A model's predictions of one hour. */
export interface HourOf {
  readonly model: string;
  readonly hour: Hour;
}

/** One shard that has to be written. */
interface ShardChange extends StoredRecords {
  readonly key: string;
  readonly condition: PutOptions;
  readonly records: Iterable<JoinedRecord>;
}

/** What has to be written so that the shards hold what is wanted. */
function changesOf(
  shards: readonly Shard[],
  { model, hour }: HourOf,
  wanted: ReadonlyMap<string, JoinedRecord>,
): ShardChange[] {
  const fresh = new Map(wanted);
  const replaced = shards.map((shard) => replaceKnown(shard, fresh));
  const rest = [...fresh.values()];
  const last = shards.at(-1);
  // Only the last one is filled: then whoever has read fewer shards than there are cannot add to one.
  const filling = last === undefined ? [] : rest.splice(0, Math.max(0, MAX_SHARD_ROWS - last.records.size));
  for (const record of filling) last!.records.set(joinedKey(record), record);
  const changes = shards.flatMap((shard, i): ShardChange[] => {
    const added = shard === last ? filling : [];
    const { corrected, confirmed } = replaced[i]!;
    if (corrected.length + confirmed + added.length === 0) return [];
    const { key, etag, records } = shard;
    return [{ key, condition: { ifMatch: etag }, records: records.values(), added, corrected }];
  });
  for (let next = last === undefined ? 0 : numberOf(last) + 1; rest.length > 0; next++) {
    const added = rest.splice(0, MAX_SHARD_ROWS);
    const key = shardKey(model, hour, next);
    changes.push({ key, condition: { ifAbsent: true }, records: added, added, corrected: [] });
  }
  return changes;
}

const numberOf = ({ key }: Shard): number => Number(/(\d+)\.jsonl/.exec(key)![1]);

/** What became of records that were known already. */
interface ReplacedRecords {
  readonly corrected: readonly JoinedRecord[];
  /** How many said again, later, what was known. */
  readonly confirmed: number;
}

/** Puts the records of a shard right that are known already, and takes them out of those that are looked for. */
function replaceKnown({ records }: Shard, wanted: Map<string, JoinedRecord>): ReplacedRecords {
  const corrected: JoinedRecord[] = [];
  let confirmed = 0;
  for (const [key, record] of wanted) {
    const known = records.get(key);
    if (known === undefined) continue;
    wanted.delete(key);
    if (record.received < known.received) continue;
    if (!saysTheSame(record, known)) {
      records.set(key, { ...record, known: known.known });
      corrected.push(record);
    } else if (record.received > known.received) {
      // Else something that was said between the two, and is read later, would replace it.
      records.set(key, { ...known, received: record.received });
      confirmed++;
    }
  }
  return { corrected, confirmed };
}

/** Envelopes of one truth are never alike: there the time of arrival tells whether it is the same truth. */
const saysTheSame = (a: JoinedRecord, b: JoinedRecord): boolean =>
  a.truth === b.truth &&
  a.value === b.value &&
  (a.sealed === undefined) === (b.sealed === undefined) &&
  (a.sealed === undefined || a.received === b.received);

function latestOf(records: readonly JoinedRecord[]): Map<string, JoinedRecord> {
  const latest = new Map<string, JoinedRecord>();
  for (const record of records) {
    const key = joinedKey(record);
    const known = latest.get(key);
    if (known === undefined || record.received >= known.received) latest.set(key, record);
  }
  return latest;
}

async function readShard(data: ObjectStore, key: string): Promise<Map<string, JoinedRecord> | undefined> {
  let body: Uint8Array;
  try {
    body = await data.get(key);
  } catch (error) {
    // Its last row was erased since it was listed.
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
  const records = new Map<string, JoinedRecord>();
  try {
    for (const line of new TextDecoder().decode(gunzipSync(body)).split('\n')) {
      if (line === '') continue;
      const record = JoinedRecord.parse(JSON.parse(line));
      records.set(joinedKey(record), record);
    }
  } catch (cause) {
    throw new JoinedShardError(key, { cause });
  }
  return records;
}

function bodyOf(records: Iterable<JoinedRecord>): Uint8Array {
  let text = '';
  for (const record of records) text += `${JSON.stringify(record)}\n`;
  return gzipSync(text, { level: 1 });
}
