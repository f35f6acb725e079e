import * as z from 'zod';
import { PlatformError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';
import { parseStored } from './stored-object.ts';

const keyOf = (model: string): string => `quality/${model}/rejected-truths.json`;

/** Days that are remembered. */
const MAX_DAYS = 90;
const MAX_ATTEMPTS = 20;
/** Characters of a reason that are kept. */
const MAX_REASON = 300;

/** Why a truth is not joined: each is mended in another way. */
export const RejectedTruthKind = z.enum(['unknown', 'malformed', 'unfit', 'held']);
export type RejectedTruthKind = z.infer<typeof RejectedTruthKind>;

const Tally = z.strictObject({
  count: z.int().min(1).describe('How many.'),
  reason: z.string().describe('Why the last one was not joined; it holds no truth.'),
});
/** Truths that were not joined, by kind. */
const RejectedTruths = z.partialRecord(RejectedTruthKind, Tally);
export type RejectedTruths = z.infer<typeof RejectedTruths>;

/** By day of the join. */
const RejectedDays = z.record(z.string().regex(/^\d{4}-\d\d-\d\d$/), RejectedTruths);

/** Counts of both, with the later one's reasons. */
export function addRejected(earlier: RejectedTruths, later: RejectedTruths): RejectedTruths {
  const sum = { ...earlier };
  for (const kind of RejectedTruthKind.options) {
    const [before, more] = [earlier[kind], later[kind]];
    if (more === undefined) continue;
    sum[kind] = { count: (before?.count ?? 0) + more.count, reason: more.reason.slice(0, MAX_REASON) };
  }
  return sum;
}

/** Adds to the truths of a model that were not joined on a day. */
export async function countRejectedTruths(
  { data }: Pick<Home, 'data'>,
  model: string,
  now: Date,
  rejected: RejectedTruths,
): Promise<void> {
  if (Object.keys(rejected).length === 0) return;
  const [key, day] = [keyOf(model), now.toISOString().slice(0, 10)];
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const info = await data.head(key);
    const known = info === undefined ? {} : await read(data, key);
    const changed = { ...known, [day]: addRejected(known[day] ?? {}, rejected) };
    const days = Object.entries(changed).sort(([a], [b]) => (a < b ? -1 : 1));
    const condition = info === undefined ? { ifAbsent: true } : { ifMatch: info.etag };
    if (await data.put(key, JSON.stringify(Object.fromEntries(days.slice(-MAX_DAYS))), condition)) return;
  }
  throw new PlatformError(`${key} keeps changing while it is written`);
}

/** Truths that were not joined since an instant, by whole days. */
export async function rejectedTruths({ data }: Pick<Home, 'data'>, model: string, from: Date): Promise<RejectedTruths> {
  if ((await data.head(keyOf(model))) === undefined) return {};
  const first = from.toISOString().slice(0, 10);
  const days = Object.entries(await read(data, keyOf(model))).sort(([a], [b]) => (a < b ? -1 : 1));
  return days.filter(([day]) => day >= first).reduce<RejectedTruths>((sum, [, one]) => addRejected(sum, one), {});
}

const read = async (data: Home['data'], key: string): Promise<z.infer<typeof RejectedDays>> =>
  parseStored(RejectedDays, key, await data.get(key));
