import { randomUUID } from 'node:crypto';
import type { LabelKeys } from '../../core/contract/personal.ts';
import { countBin } from '../../core/quality/bin-counts.ts';
import { delayBin } from '../../core/quality/delay.ts';
import { type HourTallies, talliesKey } from '../../core/quality/hour-tallies.ts';
import { PlatformError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';
import { type HourOf, JoinedShardError, readShards, type Shard } from './joined-shards.ts';
import { ForeignTruthError, openRecord } from './open-record.ts';
import { type JoinedRow, tallyHour } from './tally-rows.ts';
import type { RuleBook, SharesHistory, VersionRules } from './version-rules.ts';

/** Where hours are marked whose joined rows change; `<model>/<hour>` follows. */
const STALE = 'ground-truth/stale/';

const staleKey = ({ model, hour }: HourOf): string => `${STALE}${model}/${hour}`;

/** How often rows or tallies of an hour may change while its tallies are made. */
const MAX_ATTEMPTS = 20;

/**
 * Marks an hour whose joined rows are about to change. Whatever kills the process then, its tallies are made again by
 * whoever looks next ({@link recomputeStale}).
 */
export async function markStale({ data }: Pick<Home, 'data'>, hour: HourOf): Promise<void> {
  // No two marks are alike: one that was put while tallies were made outlives them.
  await data.put(staleKey(hour), randomUUID());
}

/** An hour whose joined rows cannot be read: it stays as it is until somebody has put it right. */
export interface UnreadableHour extends HourOf {
  readonly reason: string;
}

/** What an error says of an hour whose rows cannot be read. @throws the error where it says something else */
export function unreadableHour({ model, hour }: HourOf, error: unknown): UnreadableHour {
  if (error instanceof JoinedShardError || error instanceof ForeignTruthError)
    return { model, hour, reason: error.message };
  throw error;
}

/**
 * Makes the tallies of every marked hour again.
 *
 * @returns hours that cannot be read; their marks stay
 */
export async function recomputeStale(home: Home, rules: RuleBook): Promise<UnreadableHour[]> {
  const [unreadable, failures]: [UnreadableHour[], unknown[]] = [[], []];
  for await (const { key, etag } of home.data.list(STALE)) {
    const [model = '', hour = ''] = key.slice(STALE.length).split('/');
    try {
      await recompute(home, rules, { model, hour });
      await home.data.delete(key, { etag });
    } catch (error) {
      try {
        unreadable.push(unreadableHour({ model, hour }, error));
      } catch {
        failures.push(error);
      }
    }
  }
  if (failures.length > 0) throw failures[0];
  return unreadable;
}

/** Makes the tallies of an hour again that was marked by {@link markStale}, and takes the mark away. */
export async function recomputeTallies(home: Home, rules: RuleBook, hour: HourOf): Promise<void> {
  const mark = await home.data.head(staleKey(hour));
  await recompute(home, rules, hour);
  if (mark !== undefined) await home.data.delete(mark.key, { etag: mark.etag });
}

/** Puts tallies in place of those that were there before the rows were read, so that newer ones are never replaced. */
async function recompute(home: Home, rules: RuleBook, { model, hour }: HourOf): Promise<void> {
  const key = talliesKey(model, hour);
  const shares = await rules.sharesOf(model);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const before = await home.data.head(key);
    const shards = await readShards(home, model, hour);
    if (before === undefined && shards.length === 0) return;
    const tallies = await talliesOf(home, rules, { model, hour, shards, shares });
    const condition = before === undefined ? { ifAbsent: true } : { ifMatch: before.etag };
    if (await home.data.put(key, JSON.stringify(tallies), { ...condition, contentType: 'application/json' })) return;
  }
  throw new PlatformError(`${key} keeps changing while it is made`);
}

interface HourRows extends HourOf {
  readonly shards: readonly Shard[];
  readonly shares: SharesHistory;
}

async function talliesOf(home: Home, rules: RuleBook, { model, hour, shards, shares }: HourRows): Promise<HourTallies> {
  const versions = new Map<number, VersionRules | undefined>();
  const delays: HourTallies['delays'] = {};
  const rows: JoinedRow[] = [];
  let keys: LabelKeys | undefined;
  for (const { records } of shards)
    for (const record of records.values()) {
      const { version, sealed } = record;
      if (!versions.has(version)) versions.set(version, await rules.of(model, version));
      if (sealed !== undefined) keys ??= await home.labels();
      rows.push(openRecord(record, { model, label: versions.get(version)?.sealedLabel, keys }));
      if (record.metric === undefined) countBin(delays, delayBin(Date.parse(record.known) - Date.parse(record.at)));
    }
  return {
    schemaVersion: 1,
    model,
    hour,
    joined: Object.fromEntries(shards.map(({ key, etag }) => [key, etag])),
    delays,
    versions: tallyHour(rows, {
      rulesOf: (version) => versions.get(version)?.tally,
      sharesChanged: shares.at,
      sinceOf: shares.sinceOf,
    }),
  };
}

/** @throws ForeignTruthError where a truth of the shards does not open */
export async function assertOpens(home: Home, rules: RuleBook, model: string, shards: readonly Shard[]): Promise<void> {
  for (const { records } of shards)
    for (const record of records.values())
      if (record.sealed !== undefined) {
        const label = (await rules.of(model, record.version))?.sealedLabel;
        openRecord(record, { model, label, keys: await home.labels() });
      }
}
