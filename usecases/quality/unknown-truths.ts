import * as z from 'zod';
import { PlatformError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';
import { parseStored } from './stored-object.ts';

const keyOf = (model: string): string => `quality/${model}/unknown-truths.json`;

/** Days that are remembered. */
const MAX_DAYS = 90;
const MAX_ATTEMPTS = 20;

/** By day of giving up: truths whose id no captured prediction had. */
const UnknownTruths = z.record(z.string().regex(/^\d{4}-\d\d-\d\d$/), z.int().min(0));
type UnknownTruths = z.infer<typeof UnknownTruths>;

/** Adds to the truths of unknown predictions that were given up on a day. */
export async function countUnknownTruths(
  { data }: Pick<Home, 'data'>,
  model: string,
  now: Date,
  count: number,
): Promise<void> {
  const [key, day] = [keyOf(model), now.toISOString().slice(0, 10)];
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const info = await data.head(key);
    const known = info === undefined ? {} : await read(data, key);
    const days = Object.entries({ ...known, [day]: (known[day] ?? 0) + count }).sort(([a], [b]) => (a < b ? -1 : 1));
    const condition = info === undefined ? { ifAbsent: true } : { ifMatch: info.etag };
    if (await data.put(key, JSON.stringify(Object.fromEntries(days.slice(-MAX_DAYS))), condition)) return;
  }
  throw new PlatformError(`${key} keeps changing while it is written`);
}

/** Truths of unknown predictions that were given up within some days. */
export async function unknownTruths({ data }: Pick<Home, 'data'>, model: string, from: Date): Promise<number> {
  if ((await data.head(keyOf(model))) === undefined) return 0;
  const first = from.toISOString().slice(0, 10);
  const days = Object.entries(await read(data, keyOf(model)));
  return days.reduce((sum, [day, count]) => sum + (day >= first ? count : 0), 0);
}

const read = async (data: Home['data'], key: string): Promise<UnknownTruths> =>
  parseStored(UnknownTruths, key, await data.get(key));
