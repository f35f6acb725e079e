import * as z from 'zod';
import { AlarmState } from '../core/alarms/alarm.ts';
import { Question } from '../core/judge/asked.ts';
import { EnvironmentName } from '../core/model/names.ts';
import { EntryKind } from '../core/registry/ledger.ts';

/**
 * Events come from AWS with fields that may be added to, so the envelopes are loose; what Trimtab publishes itself is
 * strict.
 */

/** An object was created in the data bucket (EventBridge; the key is not URL-encoded). */
export const ObjectCreated = z.looseObject({
  id: z.string(),
  source: z.literal('aws.s3'),
  'detail-type': z.literal('Object Created'),
  time: z.string(),
  detail: z.looseObject({
    bucket: z.looseObject({ name: z.string() }),
    object: z.looseObject({
      key: z.string(),
      size: z.int().min(0).optional(),
      etag: z.string().optional(),
      'version-id': z.string().optional(),
      sequencer: z.string().optional(),
    }),
  }),
});
export type ObjectCreated = z.infer<typeof ObjectCreated>;

/** A CloudWatch alarm changed state (EventBridge). */
export const AlarmStateChange = z.looseObject({
  id: z.string(),
  source: z.literal('aws.cloudwatch'),
  'detail-type': z.literal('CloudWatch Alarm State Change'),
  time: z.string(),
  detail: z.looseObject({
    alarmName: z.string(),
    state: z.looseObject({
      value: AlarmState,
      timestamp: z.string(),
      reason: z.string().optional(),
      reasonData: z.string().optional(),
    }),
    previousState: z.looseObject({ value: AlarmState, timestamp: z.string().optional() }).optional(),
  }),
});
export type AlarmStateChange = z.infer<typeof AlarmStateChange>;

/** What a schedule sends: EventBridge Scheduler fills `time` with `<aws.scheduler.scheduled-time>`. */
export const Scheduled = z.strictObject({
  source: z.literal('trimtab.schedule'),
  time: z.string(),
  /** Narrow to one model; absent: all. */
  model: z.string().optional(),
});
export type Scheduled = z.infer<typeof Scheduled>;

/** Published for every ledger entry that a function makes. */
export const ReleaseChanged = z.strictObject({
  environment: EnvironmentName,
  model: z.string(),
  entry: z.int(),
  kind: EntryKind,
  version: z.int().nullable(),
  reason: z.string(),
});
export type ReleaseChanged = z.infer<typeof ReleaseChanged>;

/** Published when a drop has been validated. */
export const DropValidated = z.strictObject({
  environment: EnvironmentName,
  dataset: z.string(),
  drop: z.string(),
  verdict: z.enum(['accepted', 'rejected']),
  /** Dataset version, when accepted. */
  version: z.int().nullable(),
  rows: z.strictObject({ records: z.int(), accepted: z.int(), quarantined: z.int() }),
  report: z.string(),
});
export type DropValidated = z.infer<typeof DropValidated>;

/** Published when the judge asks a person something, once a day while it does, and when it does no longer. */
export const PersonNeeded = z.strictObject({
  environment: EnvironmentName,
  model: z.string(),
  what: z.enum(['asked', 'reminder', 'settled']),
  /** The most urgent first; when all is settled, what was asked. */
  questions: z.array(
    Question.pick({ cause: true, version: true, reason: true, asks: true, runbook: true }).extend({
      since: z.string(),
    }),
  ),
  /** All of it as one text. */
  text: z.string(),
});
export type PersonNeeded = z.infer<typeof PersonNeeded>;

/** Published after each drift run. */
export const DriftFound = z.strictObject({
  environment: EnvironmentName,
  model: z.string(),
  version: z.int(),
  verdict: z.enum(['no_drift', 'drift', 'insufficient_data']),
  features: z.array(z.string()),
  report: z.string(),
});
export type DriftFound = z.infer<typeof DriftFound>;
