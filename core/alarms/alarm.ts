import * as z from 'zod';
import { EnvironmentName, Instant, ModelName } from '../model/names.ts';
import { Variant } from '../serving/variant.ts';

/** An alarm as data: CDK makes a CloudWatch alarm of it, the local runtime evaluates it by the same rules. */
export const AlarmDefinition = z.strictObject({
  name: z.string(),
  model: ModelName,
  metric: z.string(),
  dimensions: z.strictObject({ Environment: EnvironmentName, Model: ModelName, Variant }),
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
  /** What its transition into ALARM sets off. */
  action: z.enum(['rollback', 'retrain', 'notify']),
  /** Page of the runbook, below docs/runbook/. */
  runbook: z.string(),
});
/** An alarm as data. */
export type AlarmDefinition = z.infer<typeof AlarmDefinition>;

export const AlarmState = z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']);
export type AlarmState = z.infer<typeof AlarmState>;

/** A change of an alarm's state. Name and instant together identify it. */
export const AlarmTransition = z.strictObject({
  alarm: z.string(),
  model: ModelName,
  from: AlarmState,
  to: AlarmState,
  at: Instant,
  reason: z.string(),
});
export type AlarmTransition = z.infer<typeof AlarmTransition>;
