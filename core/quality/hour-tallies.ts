import * as z from 'zod';
import { Instant, ModelName, VersionNumber } from '../model/names.ts';
import { BinCounts, Count } from './bin-counts.ts';
import { SegmentTally } from './tally.ts';

/** An hour, UTC: `2026-01-31T12`. */
export const Hour = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d$/, 'an hour is such as 2026-01-31T12');
export type Hour = z.infer<typeof Hour>;

/** The hour of an instant. */
export const hourOf = (at: string): Hour => at.slice(0, 13);

/** Truths that are kept and not counted, by why. */
export const Uncounted = z.strictObject({
  named: Count.describe('The caller named the version, so it was not given at random.'),
  failed: Count.describe('The request was not answered: failures are counted as such.'),
  repeated: Count.describe('The same caller sent the same row before, in that hour and to that version.'),
});
export type Uncounted = z.infer<typeof Uncounted>;

/** Tallies of one version's predictions of one hour. */
export const VersionTallies = z.strictObject({
  version: VersionNumber,
  uncounted: Uncounted,
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
export type VersionTallies = z.infer<typeof VersionTallies>;

/**
 * Tallies of a model's predictions of one hour. Made anew from all that is known of the hour whenever more becomes
 * known, so that no truth is counted twice.
 */
export const HourTallies = z.strictObject({
  schemaVersion: z.literal(1),
  model: ModelName,
  /** When the predictions were made; their truths may have come much later. */
  hour: Hour,
  /** Shards of joined rows that they were made from, with their etags. */
  joined: z.record(z.string(), z.string()),
  /** How long after their predictions truths became known, over bins of delay (core/quality/delay.ts). */
  delays: BinCounts,
  versions: z.array(VersionTallies),
});
export type HourTallies = z.infer<typeof HourTallies>;

/** Where tallies of a model are kept in the data store. */
export const talliesPrefix = (model: string): string => `quality/${model}/tallies/`;

/** Key of an hour's tallies: keys of a model are in the order of time. */
export const talliesKey = (model: string, hour: Hour): string => `${talliesPrefix(model)}${hour}.json`;

/** Hour of a key; undefined for an object that is no tallies. */
export const parseTalliesKey = (key: string): Hour | undefined =>
  /\/tallies\/(\d{4}-\d\d-\d\dT\d\d)\.json$/.exec(key)?.[1];
