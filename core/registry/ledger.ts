import * as z from 'zod';
import { Hypothesis } from '../experiment/hypothesis.ts';
import { JudgeRules } from '../judge/rules.ts';
import { Digest, Instant, ModelName, VersionNumber } from '../model/names.ts';
import { FormerRelease, JudgedRange } from './former.ts';
import { Freeze } from './freeze.ts';

/** What a release is judged by, and since which entry: neither changes while it lasts. */
export const Judged = z.strictObject({
  entry: z.int().min(1).describe('The entry that started it; evidence is what came after.'),
  rules: JudgeRules,
  former: z
    .array(JudgedRange)
    .min(1)
    .optional()
    .describe('Earlier releases of the version that ended with its being taken back: their evidence goes on.'),
});
export type Judged = z.infer<typeof Judged>;

/** A challenger that holds part of the traffic. */
export const Challenger = z.strictObject({
  version: VersionNumber,
  weight: z.number().gt(0).lt(1).describe('Its share of the traffic now; the champion has the rest.'),
  steps: z
    .array(z.number())
    .min(1)
    .describe('Shares at each step; the last is 1 and is the promotion. An A/B test has its one share only.'),
  step: z.int().min(0).describe('Index into steps of the current weight.'),
  since: Instant.describe('Since when it has this weight.'),
  slices: z
    .array(z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)]))
    .min(1)
    .describe('The routing keys that are its own, as parts of the circle of their hashes; together its weight.'),
  test: Hypothesis.optional().describe('An A/B test: a fixed share, until what is asked is decided.'),
  waiting: Instant.optional().describe('Since when the next step has waited for a person.'),
  judged: Judged.optional().describe('What it is judged by.'),
});
export type Challenger = z.infer<typeof Challenger>;

/** A version that gets a copy of the traffic; its answers go nowhere. */
export const Shadow = z.strictObject({
  version: VersionNumber,
  since: Instant.describe('Since when it gets the copy.'),
  canary: z
    .array(z.number())
    .min(2)
    .optional()
    .describe('Steps of the canary that begins by itself once its answers are found to agree.'),
});
export type Shadow = z.infer<typeof Shadow>;

/** Everything about a model's release; the state after the last entry is the current one. */
export const ReleaseState = z
  .strictObject({
    revision: z.int().min(0).describe('Number of the entry that made this state; 0 before the first.'),
    since: Instant.nullable().describe(
      'When the traffic last changed hands (weights, champion, challenger); null before the first release.',
    ),
    champion: VersionNumber.nullable().describe(
      'The version that gets what no challenger has; null before the first release.',
    ),
    judged: Judged.optional().describe('What the champion is judged by; absent where it was returned to.'),
    previous: z
      .array(VersionNumber)
      .describe('Former champions that are still good, oldest first: where a rollback can go.'),
    challengers: z
      .array(Challenger)
      .describe(
        'Versions that share the traffic with the champion, in the order in which they came; the champion has the rest.',
      ),
    salt: VersionNumber.nullable().describe(
      'Salts the hash of routing keys: the first challenger’s version, so that it is not always the same who try.',
    ),
    shadow: Shadow.nullable().describe('The version that gets a copy of the traffic.'),
    latest: z.int().min(0).describe('Highest version registered so far.'),
    approved: z.array(VersionNumber).describe('Versions that may be released.'),
    rejected: z.array(VersionNumber).describe('Versions that may not be released, as somebody said.'),
    quarantined: z
      .array(z.strictObject({ version: VersionNumber, reason: z.string().describe('Why.') }))
      .describe('Versions that may not be released, with the reason.'),
    awaiting: z
      .strictObject({ target: VersionNumber, since: Instant })
      .nullable()
      .describe('A rollback that has not yet been seen at the endpoint.'),
    lastRollback: Instant.nullable().describe('When the last rollback was made.'),
    retraining: Instant.nullable().describe(
      'When retraining was last requested, and no version released to all since; null: it is not asked for.',
    ),
    former: z
      .array(FormerRelease)
      .optional()
      .describe('Releases that ended with a version’s being taken back, oldest first; absent without any.'),
    frozen: Freeze.optional().describe(
      'The last freeze, which ends by itself at its time; absent where there was none, or it was ended before.',
    ),
  })
  .meta({ id: 'release-state' });
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
  'data-held',
  'infrastructure-held',
  'unclear-held',
  'retraining-requested',
  'frozen',
  'unfrozen',
  'action-withheld',
  'subject-forgotten',
]);
export type EntryKind = z.infer<typeof EntryKind>;

/** What made an automatic change: which alarm, and which transition of it. */
export const Cause = z.strictObject({
  alarm: z.string().describe('Name of the alarm.'),
  at: Instant.describe('When the alarm changed state: with the name, the idempotency key.'),
});
export type Cause = z.infer<typeof Cause>;

/** That an entry was written by somebody who has the key of the home. */
export const EntrySeal = z.strictObject({
  key: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .describe('Names the key.'),
  mac: Digest.describe('HMAC-SHA-256 of the entry without its seal, lower-case hexadecimal.'),
});
export type EntrySeal = z.infer<typeof EntrySeal>;

/** One thing that happened to a model; append-only, numbered from 1, each with the whole resulting state. */
export const Entry = z
  .strictObject({
    schemaVersion: z.literal(1).describe('Of the form in which entries are stored.'),
    model: ModelName,
    number: z.int().min(1).describe('Number of the entry within the model, from 1.'),
    kind: EntryKind.describe('What happened.'),
    version: VersionNumber.nullable().describe(
      'The version it is about; for a rollback, the version that serves afterwards.',
    ),
    at: Instant.describe('When it happened.'),
    actor: z.string().min(1).describe('Who did it, such as user:ada or function:rollback.'),
    reason: z.string().describe('Why, word for word.'),
    cause: Cause.optional().describe('The alarm that made an automatic change.'),
    evidence: z.json().optional().describe('What the decision rested on, word for word.'),
    previous: Digest.optional().describe(
      'Digest of the entry before it; absent from the first. What was replaced or removed is found.',
    ),
    record: Digest.optional().describe('Digest of the record of the version that it registers.'),
    seal: EntrySeal.optional().describe(
      'By the key of a home that is a folder; absent from entries that are older than the key.',
    ),
    state: ReleaseState.describe('The release after it.'),
  })
  .meta({ id: 'ledger-entry' });
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
