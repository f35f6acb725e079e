import { HourTallies, hourOf, parseTalliesKey, talliesPrefix } from '../../core/quality/hour-tallies.ts';
import type { Home } from '../../platform/ports.ts';

export interface TalliesQuery {
  readonly model: string;
  /** Hours of predictions, both inclusive as far as they reach into the window. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
}

/** Objects that are read at a time. */
const PARALLEL = 16;

/** A stored object is no tallies. */
export class TalliesError extends Error {
  override readonly name = 'TalliesError';
  constructor(
    readonly key: string,
    fault: string,
    options?: ErrorOptions,
  ) {
    super(`${key} does not hold tallies: ${fault}`, options);
  }
}

/**
 * Stored tallies of the hours of a window, in the order of their hours.
 *
 * @throws TalliesError
 */
export async function readTallies(
  { data }: Pick<Home, 'data'>,
  { model, from, to }: TalliesQuery,
): Promise<HourTallies[]> {
  const keys: string[] = [];
  const prefix = talliesPrefix(model);
  const first = hourOf(from.toISOString());
  const last = to.toISOString();
  // The prefix of an hour is less than the keys of that hour.
  for await (const { key } of data.list(prefix, { after: `${prefix}${first}` })) {
    const hour = parseTalliesKey(key);
    if (hour === undefined) continue;
    if (`${hour}:00:00.000Z` >= last) break;
    keys.push(key);
  }
  const found: HourTallies[] = [];
  for (let at = 0; at < keys.length; at += PARALLEL)
    found.push(
      ...(await Promise.all(keys.slice(at, at + PARALLEL).map(async (key) => parse(key, await data.get(key))))),
    );
  return found;
}

function parse(key: string, body: Uint8Array): HourTallies {
  try {
    return HourTallies.parse(JSON.parse(new TextDecoder().decode(body)));
  } catch (error) {
    throw new TalliesError(key, (error as Error).message, { cause: error });
  }
}
