import { EMPTY_STATE, type Entry, type ReleaseState } from './ledger.ts';

/**
 * The last entry at or before an instant, whose state was in force then.
 *
 * @param entries in order of their numbers
 * @param at ISO 8601 in UTC, any precision
 */
export function entryAt(entries: readonly Entry[], at: string): Entry | undefined {
  const then = Date.parse(at);
  return entries.findLast((entry) => Date.parse(entry.at) <= then);
}

/** The release state at an instant; the empty state before the first entry. */
export const stateAt = (entries: readonly Entry[], at: string): ReleaseState =>
  entryAt(entries, at)?.state ?? EMPTY_STATE;

/** The champion at an instant; null when nothing was released then. */
export const championAt = (entries: readonly Entry[], at: string): number | null => stateAt(entries, at).champion;
