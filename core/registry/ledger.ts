import * as z from 'zod';
import { Hypothesis } from '../experiment/hypothesis.ts';
import { Digest, Instant, ModelName, VersionNumber } from '../model/names.ts';

/** A challenger that holds part of the traffic. */
export const Challenger = z.strictObject({
  version: VersionNumber,
  /** Its share of the traffic now; the champion has the rest. */
  weight: z.number().gt(0).lt(1),
  /** Shares at each step; the last is 1 and is the promotion. An A/B test has its one share only. */
  steps: z.array(z.number()).min(1),
  /** Index into `steps` of the current weight. */
  step: z.int().min(0),
  /** Since when it has this weight. */
  since: Instant,
  /** The routing keys that are its own, as parts of the circle of their hashes; together its weight (slices.ts). */
  slices: z.array(z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)])).min(1),
  /** An A/B test: a fixed share, until what is asked is decided. */
  test: Hypothesis.optional(),
  /** Since when the next step has waited for its analysis. */
  waiting: Instant.optional(),
});
export type Challenger = z.infer<typeof Challenger>;

/** A version that gets a copy of the traffic; its answers go nowhere. */
export const Shadow = z.strictObject({
  version: VersionNumber,
  since: Instant,
  /** Steps of the canary that begins by itself once its answers are found to agree. */
  canary: z.array(z.number()).min(2).optional(),
});
export type Shadow = z.infer<typeof Shadow>;

/** Everything about a model's release; the state after the last entry is the current one. */
export const ReleaseState = z.strictObject({
  /** Number of the entry that made this state; 0 before the first. */
  revision: z.int().min(0),
  /** When the traffic last changed hands (weights, champion, challenger); null before the first release. */
  since: Instant.nullable(),
  champion: VersionNumber.nullable(),
  /** Former champions that are still good, oldest first: where a rollback can go. */
  previous: z.array(VersionNumber),
  /** Versions that share the traffic with the champion, in the order in which they came; the champion has the rest. */
  challengers: z.array(Challenger),
  /** Salts the hash of routing keys: the first challenger's version, so that it is not always the same who try. */
  salt: VersionNumber.nullable(),
  shadow: Shadow.nullable(),
  /** Highest version registered so far. */
  latest: z.int().min(0),
  approved: z.array(VersionNumber),
  rejected: z.array(VersionNumber),
  /** Versions that may not be released, with the reason. */
  quarantined: z.array(z.strictObject({ version: VersionNumber, reason: z.string() })),
  /** A rollback that has not yet been seen at the endpoint. */
  awaiting: z.strictObject({ target: VersionNumber, since: Instant }).nullable(),
  /** When the last rollback was made; the cool-down counts from it. */
  lastRollback: Instant.nullable(),
  /** When retraining was last requested and no version registered since. */
  retraining: Instant.nullable(),
});
export type ReleaseState = z.infer<typeof ReleaseState>;

export const EntryKind = z.enum([
  'registered',
  'approved',
  'rejected',
  'released',
  'canary-started',
  'canary-advanced',
  'canary-waits',
  'promoted',
  'canary-aborted',
  'test-started',
  'test-ended',
  'shadow-started',
  'shadow-stopped',
  'rolled-back',
  'rollback-verified',
  'quarantined',
  'quarantine-lifted',
  'alarm-held',
  'retraining-requested',
  'subject-forgotten',
]);
export type EntryKind = z.infer<typeof EntryKind>;

/** What made an automatic change: which alarm, and which transition of it. */
export const Cause = z.strictObject({
  alarm: z.string(),
  /** When the alarm changed state: with the name, the idempotency key. */
  at: Instant,
});
export type Cause = z.infer<typeof Cause>;

/** One thing that happened to a model; append-only, numbered from 1, each with the whole resulting state. */
export const Entry = z.strictObject({
  /** Of the form in which entries are stored. */
  schemaVersion: z.literal(1),
  model: ModelName,
  number: z.int().min(1),
  kind: EntryKind,
  /** The version it is about; for a rollback, the version that serves afterwards. */
  version: VersionNumber.nullable(),
  at: Instant,
  actor: z.string().min(1),
  reason: z.string(),
  cause: Cause.optional(),
  /** What the decision rested on, word for word. */
  evidence: z.json().optional(),
  /** Digest of the entry before it (core/registry/chain.ts); absent from the first. What was replaced or removed is found. */
  previous: Digest.optional(),
  /** Digest of the record of the version that it registers. */
  record: Digest.optional(),
  state: ReleaseState,
});
export type Entry = z.infer<typeof Entry>;

/** State of a model that nothing has happened to. */
export const EMPTY_STATE: ReleaseState = {
  revision: 0,
  since: null,
  champion: null,
  previous: [],
  challengers: [],
  salt: null,
  shadow: null,
  latest: 0,
  approved: [],
  rejected: [],
  quarantined: [],
  awaiting: null,
  lastRollback: null,
  retraining: null,
};
