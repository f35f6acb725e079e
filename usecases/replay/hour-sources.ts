import type { Capture } from '../../core/captures/capture.ts';
import { hourFolder } from '../../core/model/hour-folder.ts';
import { hourOf } from '../../core/quality/hour-tallies.ts';
import { joinedFolder, parseShardKey } from '../../core/quality/joined-record.ts';
import { captureOrigins, capturesDelivered, readCaptureObject } from '../../platform/captures.ts';
import { digestOf } from '../../platform/digest.ts';
import { ObjectNotFoundError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';

const HOUR_MS = 3_600_000;
/** Objects that are remembered; what is forgotten is read again. */
const MAX_KNOWN = 50_000;

/** Captures of one hour: the objects that they are in. */
export interface HourObjects {
  readonly keys: readonly string[];
  /** Of their keys and etags. */
  readonly digest: string;
}

/** Knows which objects have captures of which version and hour, so that each is read once to learn it. */
export class CaptureObjects {
  /** By key and etag: `model version hour` of its captures. */
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(private readonly home: Pick<Home, 'captures'>) {}

  /** Objects with captures of a version's requests of one hour: delivered in that hour or the next. */
  async of(model: string, version: number, hour: Date): Promise<HourObjects> {
    const wanted = `${model} ${version} ${hourOf(hour.toISOString())}`;
    const keys: string[] = [];
    const digests: string[] = [];
    for (const delivered of [hour, new Date(hour.getTime() + HOUR_MS)])
      for await (const { key, etag } of capturesDelivered(this.home, delivered)) {
        if (!(await this.#hoursIn(key, etag)).has(wanted)) continue;
        keys.push(key);
        digests.push(`${key} ${etag}`);
      }
    return { keys, digest: digestOf(digests.join('\n')) };
  }

  async #hoursIn(key: string, etag: string): Promise<ReadonlySet<string>> {
    const name = `${key} ${etag}`;
    let hours = this.#known.get(name);
    if (hours === undefined) {
      const origins = await unlessTorn(() => captureOrigins(this.home, key));
      hours = new Set(origins.map(({ model, version, hour }) => `${model} ${version} ${hour}`));
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(name, hours);
    }
    return hours;
  }
}

/** Captures of one object; none of one that is torn, or was erased since it was listed. */
export const readWhole = (home: Pick<Home, 'captures'>, key: string): Promise<Capture[]> =>
  unlessTorn(() => readCaptureObject(home, key));

async function unlessTorn<T>(read: () => Promise<T[]>): Promise<T[]> {
  try {
    return await read();
  } catch (error) {
    const torn = String((error as { code?: unknown }).code).startsWith('Z_');
    if (torn || error instanceof ObjectNotFoundError) return [];
    throw error;
  }
}

/** Digests of the keys and etags of joined rows, by hour; hours without any are not there. */
export async function joinedDigests(
  { data }: Pick<Home, 'data'>,
  model: string,
  from: Date,
): Promise<Map<string, string>> {
  const prefix = joinedFolder(model);
  const shards = new Map<string, string[]>();
  // The folder of an hour is less than the keys of that hour.
  for await (const { key, etag } of data.list(prefix, { after: `${prefix}${hourFolder(from.toISOString())}` })) {
    const hour = parseShardKey(key)?.hour;
    if (hour !== undefined) shards.set(hour, [...(shards.get(hour) ?? []), `${key} ${etag}`]);
  }
  return new Map([...shards].map(([hour, names]) => [hour, digestOf(names.join('\n'))]));
}
