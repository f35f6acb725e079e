import * as z from 'zod';
import { Instant, ModelName } from '../model/names.ts';

export const NAMESPACE = 'Trimtab';

/**
 * Metrics that are emitted, with their units. Ratios are 0/1 values whose average is the rate, so that an alarm on
 * one is a plain single-metric alarm. Dimensions are always [Model, Variant] and [Model, Version].
 */
export const METRICS = {
  /** 1 for a request that failed inside (5xx), else 0. */
  Failure: 'None',
  /** 1 for a request that broke the contract, else 0. */
  Violation: 'None',
  /** 1 for a request with rows unlike the baseline, else 0; only of models with that guard. */
  OutOfDistribution: 'None',
  /** 1 for a request that was turned away because its caller had sent too many, else 0; only of models with a limit. */
  RateLimited: 'None',
  /** 1 for an answer out of the response cache, 0 for one that it might have had; only of models with a cache. */
  CacheHit: 'None',
  /** Whole time of a request in the handler. */
  Latency: 'Milliseconds',
  /** Whole time of an explanation, which is in no alarm: it takes longer than any answer. */
  ExplainLatency: 'Milliseconds',
  /** 1 for an explanation that failed inside (5xx), else 0; their number is that of the samples. */
  ExplainFailure: 'None',
  /** Rows answered. */
  Rows: 'Count',
  /** Score of the decision's output, 0 to 1 for probabilities. */
  Score: 'None',
  /** Of a row with three classes or more: the largest probability less the second, 0 to 1. */
  Margin: 'None',
  /** Of the same: how undecided it is, as a share of even odds, 0 to 1. */
  Entropy: 'None',
  /**
   * 1 for a decision that ground truth calls wrong, else 0, of predictions made since the traffic last changed hands:
   * only those say anything of the release.
   */
  PredictionError: 'None',
  /** As PredictionError, of earlier predictions whose truth came late. */
  PredictionErrorLate: 'None',
  /** 1 when a version could not be loaded, else 0. */
  LoadFailure: 'None',
  /** 1 when the ledger could not be read and the last known release is served, else 0. */
  StaleRelease: 'None',
  /** 1 when the privacy secret could not be had and personal fields are left out of captures, else 0. */
  PrivacyFailure: 'None',
  /** 1 for a mirrored request whose answer disagrees with the one that was given, else 0; of the shadow's version. */
  ShadowDisagreement: 'None',
  /** Largest difference of two numbers in them; its maximum is what to look at. */
  ShadowDifference: 'None',
  /** Share of a model's features that drifted in the last window. */
  Drift: 'None',
} as const;
export type MetricName = keyof typeof METRICS;

/** An alarm as data: CDK makes a CloudWatch alarm of it, the local runtime evaluates it by the same rules. */
export const AlarmDefinition = z.strictObject({
  name: z.string(),
  model: ModelName,
  metric: z.string(),
  dimensions: z.record(z.string(), z.string()),
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
