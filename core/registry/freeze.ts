import * as z from 'zod';
import { durationMs, ManifestDuration } from '../manifest/duration.ts';
import { Instant } from '../model/names.ts';
import { aheadBy } from './ahead.ts';
import { refuse } from './refuse.ts';

/** Automation that a person has stopped for a time: everything is judged and said, and nothing done. */
export const Freeze = z.strictObject({
  entry: z.int().min(1).describe('The entry that froze it.'),
  at: Instant.describe('Since when.'),
  until: Instant.describe('Exclusive end: from then on what is due is done.'),
  by: z.string().min(1).describe('Who froze it.'),
  reason: z.string().describe('Why, word for word.'),
});
export type Freeze = z.infer<typeof Freeze>;

/** Longest freeze. What shall never act says so in its manifest: `rollout.mode`. */
export const MAX_FREEZE_DAYS = 30;
const MAX_FREEZE_MS = MAX_FREEZE_DAYS * 86_400_000;

/** An instant as people write it: a date and a time with its offset, and no date alone, whose hour is anybody's guess. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * The end of a freeze from what a person wrote: a duration from now (`2h`), or an instant.
 *
 * @returns ISO 8601 in UTC
 * @throws FreezeTimeError
 */
export function freezeEnd(text: string, now: Date): string {
  const problem = (why: string): never => {
    throw new FreezeTimeError(text, why, now);
  };
  if (ManifestDuration.safeParse(text).success) {
    const until = now.getTime() + durationMs(text);
    return until - now.getTime() > MAX_FREEZE_MS ? problem('it is too far') : new Date(until).toISOString();
  }
  const until = INSTANT.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(until)) return problem('it is neither a duration nor an instant');
  if (until <= now.getTime()) return problem('it is past');
  if (until - now.getTime() > MAX_FREEZE_MS) return problem('it is too far');
  return new Date(until).toISOString();
}

/** Whether the calendar has such a day: 30 February is read as 2 March. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** The text says no time that a freeze may end at. */
export class FreezeTimeError extends Error {
  override readonly name = 'FreezeTimeError';
  constructor(
    readonly received: string,
    why: string,
    now: Date,
  ) {
    const latest = new Date(now.getTime() + MAX_FREEZE_MS).toISOString().slice(0, 16);
    super(
      `a freeze lasts for a duration such as 90m, 2h or 3d, or until an instant with its offset, after now (${now.toISOString().slice(0, 16)}Z) and at most ${MAX_FREEZE_DAYS} days on (${latest}Z); received '${received}': ${why}`,
    );
  }
}

/**
 * That it is not past is known by who gives the command.
 *
 * @throws ReleaseRefusedError when it ends too late
 */
export function mustBeFreezeEnd(until: string, at: string): void {
  if (!(Date.parse(until) - Date.parse(at) <= MAX_FREEZE_MS))
    refuse(`a freeze ends within ${MAX_FREEZE_DAYS} days after it begins (${at}), received ${until}`);
}

/**
 * The freeze that is in force at a time; undefined once it has ended. One that begins later, by a clock that was ahead,
 * counts from now on, and says so.
 */
export function freezeAt(frozen: Freeze | undefined, now: Date): Freeze | undefined {
  if (frozen === undefined || Date.parse(frozen.until) <= now.getTime()) return undefined;
  const ahead = aheadBy(frozen.at, now);
  const lasts = Date.parse(frozen.until) - Date.parse(frozen.at);
  if (ahead === undefined || lasts <= 0) return frozen;
  return {
    ...frozen,
    at: now.toISOString(),
    until: new Date(now.getTime() + lasts).toISOString(),
    reason: `${frozen.reason} (frozen by ${frozen.by}, by a clock that was ${ahead} ahead: it counts from now on)`,
  };
}
