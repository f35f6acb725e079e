import { type Hour, hourOf } from '../../core/quality/hour-tallies.ts';
import { ReplayTally, replaysPrefix } from '../../core/replay/replay-tally.ts';
import { ObjectNotFoundError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';
import { parseStored, StoredObjectError } from '../quality/stored-object.ts';

/** Tallies of one suspect and hour that are stored. */
export interface StoredTallies {
  /** How they were made; undefined where that is not known, so that they are made again. */
  readonly made: ReplayTally['made'];
  /** By key, of all of them. */
  readonly etags: ReadonlyMap<string, string>;
}

/** What is stored of a suspect's hours since its release. */
export async function storedTallies(
  { data }: Pick<Home, 'data'>,
  { model, suspect, from }: { model: string; suspect: number; from: Date },
): Promise<Map<Hour, StoredTallies>> {
  const prefix = replaysPrefix(model);
  const found = new Map<Hour, { made: ReplayTally['made']; etags: Map<string, string> }>();
  for await (const { key, etag } of data.list(prefix, { after: `${prefix}${hourOf(from.toISOString())}` })) {
    const [hour = '', version] = key.slice(prefix.length).split('/');
    if (Number(version) !== suspect) continue;
    const known = found.get(hour);
    if (known !== undefined) known.etags.set(key, etag);
    else found.set(hour, { made: await madeOf(data, key), etags: new Map([[key, etag]]) });
  }
  return found;
}

async function madeOf(data: Home['data'], key: string): Promise<ReplayTally['made']> {
  try {
    return parseStored(ReplayTally, key, await data.get(key)).made;
  } catch (error) {
    if (error instanceof StoredObjectError || error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}
