import {
  type Hour,
  HourTallies,
  hourOf,
  parseTalliesKey,
  talliesKey,
  talliesPrefix,
} from '../../core/quality/hour-tallies.ts';
import { ObjectNotFoundError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';
import { parseStored, StoredObjectError } from './stored-object.ts';

export interface TalliesQuery {
  readonly model: string;
  /** Hours of predictions, both inclusive as far as they reach into the window. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  /** Told of each hour that cannot be read, which is then left out. @default such an hour is an error */
  readonly unreadable?: (hour: Hour, error: StoredObjectError) => void;
}

/** Objects that are read at a time. */
const PARALLEL = 16;

/**
 * Stored tallies of the hours of a window, in the order of their hours.
 *
 * @throws StoredObjectError
 */
export async function readTallies(
  { data }: Pick<Home, 'data'>,
  { model, from, to, unreadable }: TalliesQuery,
): Promise<HourTallies[]> {
  const keys: { readonly key: string; readonly hour: Hour }[] = [];
  const prefix = talliesPrefix(model);
  const first = hourOf(from.toISOString());
  const last = to.toISOString();
  // The prefix of an hour is less than the keys of that hour.
  for await (const { key } of data.list(prefix, { after: `${prefix}${first}` })) {
    const hour = parseTalliesKey(key);
    if (hour === undefined) continue;
    if (`${hour}:00:00.000Z` >= last) break;
    keys.push({ key, hour });
  }
  const read = async ({ key, hour }: (typeof keys)[number]): Promise<HourTallies[]> => {
    try {
      return [parseStored(HourTallies, key, await data.get(key))];
    } catch (error) {
      if (unreadable === undefined || !(error instanceof StoredObjectError)) throw error;
      unreadable(hour, error);
      return [];
    }
  };
  const found: HourTallies[] = [];
  for (let at = 0; at < keys.length; at += PARALLEL)
    found.push(...(await Promise.all(keys.slice(at, at + PARALLEL).map(read))).flat());
  return found;
}

/**
 * Stored tallies of one hour of predictions; undefined where there are none.
 *
 * @throws StoredObjectError
 */
export async function readHour(
  { data }: Pick<Home, 'data'>,
  model: string,
  hour: Hour,
): Promise<HourTallies | undefined> {
  const key = talliesKey(model, hour);
  try {
    return parseStored(HourTallies, key, await data.get(key));
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}
