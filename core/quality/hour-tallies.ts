import * as z from 'zod';
import { Instant, ModelName, VersionNumber } from '../model/names.ts';
import { SegmentTally } from './tally.ts';

/** An hour, UTC: `2026-01-31T12`. */
export const Hour = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d$/, 'an hour is such as 2026-01-31T12');
export type Hour = z.infer<typeof Hour>;

/** The hour of an instant. */
export const hourOf = (at: string): Hour => at.slice(0, 13);

/**
 * Tallies of one version's predictions of one hour, stored as an object of its own. Made anew from all that is known of
 * the hour whenever more becomes known, so that no truth is counted twice.
 */
export const HourTallies = z.strictObject({
  schemaVersion: z.literal(1),
  model: ModelName,
  version: VersionNumber,
  /** When the predictions were made; their truths may have come much later. */
  hour: Hour,
  /**
   * By stretch in which the versions had the same shares of the traffic. Versions are compared within such stretches
   * only: across them the one that has more of the traffic later also has more of what changed meanwhile.
   */
  strata: z.array(
    z.strictObject({
      /** When the shares last changed before those predictions; null where nothing is known of that. */
      since: Instant.nullable(),
      /** Segment -> what was counted: `` is all of it, `carrier=UA` a part. */
      segments: z.record(z.string(), SegmentTally),
    }),
  ),
});
export type HourTallies = z.infer<typeof HourTallies>;

/** Where tallies of a model are kept in the data store. */
export const talliesPrefix = (model: string): string => `quality/${model}/tallies/`;

/** Key of an hour's tallies: keys of a model are in the order of time. */
export const talliesKey = (model: string, hour: Hour, version: number): string =>
  `${talliesPrefix(model)}${hour}/v${version}.json`;

/** Hour and version of a key; undefined for an object that is no tallies. */
export function parseTalliesKey(key: string): { hour: Hour; version: number } | undefined {
  const match = /\/tallies\/(\d{4}-\d\d-\d\dT\d\d)\/v([1-9]\d*)\.json$/.exec(key);
  return match ? { hour: match[1]!, version: Number(match[2]) } : undefined;
}
