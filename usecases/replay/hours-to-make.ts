import { type Hour, hourOf } from '../../core/quality/hour-tallies.ts';
import type { Home } from '../../platform/ports.ts';
import { CaptureObjects, type HourObjects, joinedDigests } from './hour-sources.ts';
import { type StoredTallies, storedTallies } from './stored-tallies.ts';
import type { Suspect } from './suspects.ts';

const HOUR_MS = 3_600_000;
/** How long after its end an hour's captures may still be delivered. */
const DELIVERY_MS = HOUR_MS;
/** Said of an hour where time ended before all was asked. */
export const NOT_ALL_ASKED = 'not all could be asked in time';
/** How often an hour of which nothing is new is made again because not all of it could be asked in time. */
const MAX_CUT = 5;
/** Hours of one suspect that are made in one run, at most: the newest, and then the oldest of those that are left. */
const MAX_HOURS = 6;

/** An hour of which something is new since its tallies were made. */
export interface HourToMake {
  readonly hour: Hour;
  readonly objects: HourObjects;
  readonly complete: boolean;
  /** Digest of its joined rows. */
  readonly joined: string;
  readonly stored: StoredTallies | undefined;
}

/** Knows what tallies were made of, as far as it was made in this process and nothing is stored of it. */
export class HoursToMake {
  readonly #objects: CaptureObjects;
  /** By suspect and hour: what was made of it. */
  readonly #made = new Map<string, string>();
  /** How often in a row hours were cut short of the same. */
  readonly #cut = new Map<string, number>();

  constructor(private readonly home: Pick<Home, 'captures' | 'data'>) {
    this.#objects = new CaptureObjects(home);
  }

  /** Hours that are to be made: the newest first, then from the oldest on. */
  async of(suspect: Suspect, now: Date): Promise<HourToMake[]> {
    const { model, record } = suspect;
    // Where the clock of who released was ahead, it has requests before it begins.
    const from = new Date(Math.min(suspect.from.getTime(), now.getTime() - HOUR_MS));
    const [stored, joined] = await Promise.all([
      storedTallies(this.home, { model, suspect: record.version, from }),
      joinedDigests(this.home, model, from),
    ]);
    const found: HourToMake[] = [];
    for (let at = startOfHour(now); at.getTime() > from.getTime() - HOUR_MS; at = new Date(at.getTime() - HOUR_MS)) {
      const hour = hourOf(at.toISOString());
      const known = stored.get(hour);
      const truths = joined.get(hour) ?? '';
      const again = known?.made?.problems.includes(NOT_ALL_ASKED) && this.#mayAskAgain(suspect, hour);
      if (known?.made?.complete && known.made.joined === truths && !again) continue;
      const objects = await this.#objects.of(model, record.version, at);
      if (objects.keys.length === 0) continue;
      const complete = now.getTime() > at.getTime() + HOUR_MS + DELIVERY_MS;
      const wanted: HourToMake = { hour, objects, complete, joined: truths, stored: known };
      const made = known?.made && textOf({ ...known.made, digest: known.made.captures });
      const text = textOf({ ...wanted, digest: objects.digest });
      const isNew = text !== made && text !== this.#made.get(keyOf(suspect, hour));
      if (isNew || again) found.push(wanted);
    }
    const [newest, ...rest] = found;
    return newest === undefined ? [] : [newest, ...rest.reverse()].slice(0, MAX_HOURS);
  }

  /**
   * Notes that an hour was made: nothing may have come of it.
   *
   * @param cut whether not all of it could be asked in time
   */
  note(suspect: Suspect, made: HourToMake, cut: boolean): void {
    const key = keyOf(suspect, made.hour);
    const text = textOf({ ...made, digest: made.objects.digest });
    const before = this.#made.get(key) === text ? (this.#cut.get(key) ?? 0) : 0;
    this.#made.set(key, text);
    this.#cut.set(key, cut ? before + 1 : 0);
  }

  /** What is too much for any run would be made again forever. */
  #mayAskAgain(suspect: Suspect, hour: Hour): boolean {
    return (this.#cut.get(keyOf(suspect, hour)) ?? 0) < MAX_CUT;
  }
}

const keyOf = ({ model, record, from }: Suspect, hour: Hour): string =>
  `${model} ${record.version} ${from.toISOString()} ${hour}`;

const textOf = ({ digest, joined, complete }: { digest: string; joined: string; complete: boolean }): string =>
  `${digest} ${joined} ${complete}`;

const startOfHour = (at: Date): Date => new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS);
