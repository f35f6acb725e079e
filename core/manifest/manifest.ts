import * as z from 'zod';
import { Contract } from '../contract/contract.ts';
import { ModelName, recordName } from '../model/names.ts';
import { Preprocess } from '../model/preprocess.ts';
import { Batching } from './batching.ts';
import { BusinessMetrics } from './business.ts';
import { CacheSettings } from './cache.ts';
import { ClassName, Decision } from './decision.ts';
import { Explanations } from './explanations.ts';
import { Guards } from './guards.ts';
import { PrivacySettings } from './privacy.ts';
import { QualitySettings } from './quality.ts';
import { Segments } from './segments.ts';
import { ShadowPolicy } from './shadow.ts';
import { TruthSettings } from './truth.ts';

/** What an output means; at most one output decides. */
export const OutputMeaning = z.strictObject({
  name: recordName('an output').min(1),
  meaning: z.enum(['label', 'probabilities', 'score', 'value', 'other']),
  /** Labels of a probabilities output, in column order. */
  classes: z.array(ClassName).optional(),
  description: z.string().optional(),
});
export type OutputMeaning = z.infer<typeof OutputMeaning>;

export const ServingSettings = z.strictObject({
  /** Most rows in one request. */
  maxBatch: z.int().min(1).max(100_000).default(4_096),
  /** Threads within one run. */
  threads: z.int().min(1).max(64).default(1),
  /** How v1 writes NaN and infinities: `null` (also when absent), or the bare tokens `NaN`, `Infinity`, `-Infinity` of TensorFlow Serving. */
  notANumber: z.enum(['null', 'tokens']).optional(),
  /** Answers that are given again; absent: none. */
  cache: CacheSettings.optional(),
  /** Requests put together by the standalone server; absent: none. */
  batching: Batching.optional(),
});

export const Rollout = z.strictObject({
  /** Share of traffic at each step of a canary, ascending, the last one 1. */
  steps: z
    .array(z.number().gt(0).max(1))
    .min(1)
    .default([0.05, 0.25, 0.5, 1])
    .refine((s) => s.every((w, i) => i === 0 || w > s[i - 1]!) && s.at(-1) === 1, 'steps must ascend to 1'),
  /** How long a step holds before the next, at least; seconds. */
  stepSeconds: z.number().positive().default(600),
  /** Releases that are older, in days, are never taken back by themselves: it is proposed to a person. */
  youngDays: z.number().positive().default(7),
  /** `act`: steps are taken, and versions taken back, as the judge finds; `advise`: it only says what it would do. */
  mode: z.enum(['act', 'advise']).default('act'),
  shadow: ShadowPolicy.optional(),
});
export type Rollout = z.infer<typeof Rollout>;

export const Monitoring = z.strictObject({
  /** Share of predictions that are captured, by hash of their id; 0 to 1. */
  captureShare: z.number().min(0).max(1).default(1),
  /** Length of an alarm's period, seconds (10, 30 or a multiple of 60, as CloudWatch has it). */
  periodSeconds: z
    .int()
    .refine((s) => s === 10 || s === 30 || (s > 0 && s % 60 === 0), 'a period is 10, 30 or a multiple of 60')
    .default(60),
  /** An alarm goes off when this many … */
  datapointsToAlarm: z.int().min(1).default(2),
  /** … of this many periods breach. */
  evaluationPeriods: z.int().min(1).default(3),
  /** Alarm when the share of wrong decisions reaches this; absent: twice the baseline's, at most half the way to 1. */
  maxErrorRate: z.number().gt(0).max(1).optional(),
  /** Alarm when the share of failed requests (5xx) reaches this. */
  maxFailureRate: z.number().gt(0).max(1).default(0.02),
  /** Alarm when the share of requests that break the contract reaches this. */
  maxViolationRate: z.number().gt(0).max(1).default(0.2),
  /** Alarm when the p99 of the handler's duration reaches this, in milliseconds. */
  maxLatencyMs: z.number().positive().default(500),
  drift: z
    .strictObject({
      /** How often drift is looked for, minutes. */
      everyMinutes: z.int().min(1).default(60),
      /** Length of the window that is looked at, minutes. */
      windowMinutes: z.int().min(1).default(1440),
      /** Largest adjusted p-value of a drift. */
      alpha: z.number().gt(0).lt(1).default(0.01),
    })
    .prefault({}),
  /** What predictions turn out to be worth, in numbers that callers attach to their ids. */
  business: BusinessMetrics.optional(),
  /** Features by which quality is told apart. */
  segments: Segments.default([]),
});
export type Monitoring = z.infer<typeof Monitoring>;

export const Lineage = z.strictObject({
  dataset: z.string().optional().describe('What it was trained on: a dataset version, or a digest.'),
  commit: z.string().optional().describe('Commit of the training code.'),
  run: z.string().optional().describe('Training run or experiment.'),
});
export type Lineage = z.infer<typeof Lineage>;

/** `model.json`, the manifest of a model folder. Unknown keys are errors. */
export const Manifest = z
  .strictObject({
    $schema: z.string().optional(),
    name: ModelName,
    description: z.string().default(''),
    contract: Contract,
    /** Input -> what is done to it before the graph. */
    preprocess: Preprocess.optional(),
    outputs: z.array(OutputMeaning).default([]),
    decision: Decision.optional(),
    quality: QualitySettings.prefault({}),
    /** What is known of the ground truth to come; absent: nothing. */
    truth: TruthSettings.optional(),
    serving: ServingSettings.prefault({}),
    guards: Guards.optional(),
    rollout: Rollout.prefault({}),
    monitoring: Monitoring.prefault({}),
    privacy: PrivacySettings.prefault({}),
    explanations: Explanations.optional(),
    lineage: Lineage.prefault({}),
  })
  .meta({ title: 'Trimtab model manifest', id: 'model.json' });
export type Manifest = z.infer<typeof Manifest>;
