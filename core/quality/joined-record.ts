import * as z from 'zod';
import { hourFolder, hourOfKey } from '../model/hour-folder.ts';
import { Instant, VersionNumber } from '../model/names.ts';
import type { Hour } from './hour-tallies.ts';

const Value = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** What is kept of a captured prediction beside what became known of it. */
export const JoinedPrediction = z.strictObject({
  version: VersionNumber,
  variant: z.enum(['champion', 'challenger']),
  /** When it was made. */
  at: Instant,
  /** As its capture has it; null where the model gave none. */
  score: z.number().nullable(),
  /** Of several classes: one a class, where they were captured. */
  probabilities: z.array(z.number()).optional(),
  /** Captured values of the features that segments are made of. */
  features: z.record(z.string(), Value),
  /** Pseudonym of whom it is about. */
  subject: z.string().optional(),
  /** Pseudonym of what was given a version at random; absent: the request; null: there was one, and it is not known. */
  unit: z.string().nullable().optional(),
  /** Of the row's features and the caller; absent where the caller or a feature is not known. */
  digest: z.string().optional(),
  /** Revision of the release that chose the version; absent where the capture does not say. */
  revision: z.int().min(1).optional(),
  /** The caller named the version. */
  named: z.literal(true).optional(),
  /** The request was not answered. */
  failed: z.literal(true).optional(),
});
export type JoinedPrediction = z.infer<typeof JoinedPrediction>;

/**
 * A line of a shard of joined rows: a prediction, and one thing that became known of it, which is a truth or the value
 * of a business metric. Lines of a shard are about predictions of one hour, and no two about the same of one.
 */
export const JoinedRecord = z.strictObject({
  /** Prediction id; `ID#r` for row r of a batch. */
  id: z.string().min(1),
  truth: z.union([z.string(), z.number(), z.boolean()]).optional(),
  /** Instead of the truth, where the label is personal: an envelope of it under the key of whom it is about. */
  sealed: z.string().optional(),
  metric: z.string().optional(),
  value: z.number().optional(),
  /** When a business metric's value was observed; it tells several of one prediction apart. */
  observed: z.string().optional(),
  /** When it arrived: of two that say the same of a prediction, the later one counts. */
  received: Instant,
  /** When the prediction's first was joined. */
  known: Instant,
  ...JoinedPrediction.shape,
});
export type JoinedRecord = z.infer<typeof JoinedRecord>;

/** What a line is about: a line replaces the one of the same key. */
export const joinedKey = ({ id, metric, observed }: JoinedRecord): string =>
  metric === undefined ? id : `${id}\n${metric}\n${observed ?? ''}`;

/** Rows that a shard has at most. */
export const MAX_SHARD_ROWS = 100_000;

/** Where the joined rows of all models are kept in the data store. */
export const JOINED = 'ground-truth/joined/';

/** Where those of a model are. */
export const joinedFolder = (model: string): string => `${JOINED}model=${model}/`;

/** Where shards of the predictions of an hour are kept. */
export const joinedPrefix = (model: string, hour: Hour): string => `${joinedFolder(model)}${hourFolder(hour)}/`;

/** Key of a shard, counted from 0. */
export const shardKey = (model: string, hour: Hour, shard: number): string =>
  `${joinedPrefix(model, hour)}${String(shard).padStart(4, '0')}.jsonl.gz`;

/** Model and hour of a shard's key; undefined for an object that is none. */
export function parseShardKey(key: string): { model: string; hour: Hour } | undefined {
  const [, model] = /^ground-truth\/joined\/model=([^/]+)\/dt=[^/]+\/hour=[^/]+\/\d+\.jsonl\.gz$/.exec(key) ?? [];
  const hour = hourOfKey(key);
  return model === undefined || hour === undefined ? undefined : { model, hour };
}

/**
 * Name of the key that a personal label is encrypted with: of whom it is about, so that the envelopes of one do not
 * open with another's; of the label alone where nobody is named.
 */
export const sealedField = (label: string, subject: string | undefined): string =>
  subject === undefined ? label : `${label} of ${subject}`;
