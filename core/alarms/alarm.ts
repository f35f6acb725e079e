import * as z from 'zod';
import { EnvironmentName, Instant, ModelName } from '../model/names.ts';
import { Variant } from '../serving/variant.ts';

/** What CloudWatch evaluates. */
const AlarmRule = {
  name: z.string(),
  metric: z.string(),
  statistic: z.union([
    z.enum(['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount']),
    z.templateLiteral(['p', z.number()]),
  ]),
  periodSeconds: z.int().min(1),
  threshold: z.number(),
  comparison: z.enum([
    'GreaterThanThreshold',
    'GreaterThanOrEqualToThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  datapointsToAlarm: z.int().min(1),
  evaluationPeriods: z.int().min(1),
  missingData: z.enum(['notBreaching', 'breaching', 'ignore', 'missing']),
  /** Page of the runbook, below docs/runbook/. */
  runbook: z.string(),
};

/**
 * An alarm of a model, as data: CDK makes a CloudWatch alarm of it, the local runtime evaluates it by the same rules. It
 * wakes the judge and tells nobody.
 */
export const AlarmDefinition = z.strictObject({
  ...AlarmRule,
  model: ModelName,
  dimensions: z.strictObject({ Environment: EnvironmentName, Model: ModelName, Variant }),
  action: z.literal('wake-judge'),
});
/** An alarm of a model, as data. */
export type AlarmDefinition = z.infer<typeof AlarmDefinition>;

/** An alarm of a whole environment, as data: it pages whoever is on call, and says when all is well again. */
export const PagingAlarm = z.strictObject({
  ...AlarmRule,
  dimensions: z.strictObject({ Environment: EnvironmentName }),
  action: z.literal('page'),
  /** What is wrong when it goes off, for whoever is on call. */
  says: z.string(),
  /** How long after its creation it waits for first data. Data that comes earlier is evaluated. */
  warmUpSeconds: z.int().min(0),
});
export type PagingAlarm = z.infer<typeof PagingAlarm>;

export const AlarmState = z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']);
export type AlarmState = z.infer<typeof AlarmState>;

/** The time that an evaluation looked at. */
export const EvaluatedWindow = z.strictObject({ from: Instant, to: Instant });
export type EvaluatedWindow = z.infer<typeof EvaluatedWindow>;

const StateChange = {
  alarm: z.string(),
  from: AlarmState,
  to: AlarmState,
  at: Instant,
  reason: z.string(),
};

/** A change of the state of a model's alarm. Name and instant together identify it. */
export const AlarmTransition = z.strictObject({
  ...StateChange,
  model: ModelName,
  /** What was evaluated: evidence is of then, however late the news of it arrives. Absent: nobody knows. */
  evaluated: EvaluatedWindow.optional(),
});
export type AlarmTransition = z.infer<typeof AlarmTransition>;

/** A change of the state of an alarm that pages. */
export const PageTransition = z.strictObject(StateChange);
export type PageTransition = z.infer<typeof PageTransition>;
