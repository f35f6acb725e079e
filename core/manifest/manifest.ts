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
  name: recordName('an output').min(1).describe('Name of an output of the graph.'),
  meaning: z
    .enum(['label', 'probabilities', 'score', 'value', 'other'])
    .describe(
      'What its values are: the class itself (`label`), a probability or a score a class, a quantity (`value`), or what nothing is to be made of.',
    ),
  classes: z.array(ClassName).optional().describe('Labels of a probabilities output, in column order.'),
  description: z.string().optional().describe('What it is, for people.'),
});
export type OutputMeaning = z.infer<typeof OutputMeaning>;

export const ServingSettings = z.strictObject({
  maxBatch: z.int().min(1).max(100_000).default(4_096).describe('Most rows in one request.'),
  threads: z.int().min(1).max(64).default(1).describe('Threads within one run.'),
  notANumber: z
    .enum(['null', 'tokens'])
    .optional()
    .describe(
      'How v1 writes NaN and infinities: `null` (also when absent), or the bare tokens `NaN`, `Infinity`, `-Infinity` of TensorFlow Serving.',
    ),
  cache: CacheSettings.optional().describe('Answers that are given again; left out: none.'),
  batching: Batching.optional().describe('Requests put together by the standalone server; left out: none.'),
});

export const Rollout = z.strictObject({
  steps: z
    .array(z.number().gt(0).max(1))
    .min(1)
    .default([0.05, 0.25, 0.5, 1])
    .refine((s) => s.every((w, i) => i === 0 || w > s[i - 1]!) && s.at(-1) === 1, 'steps must ascend to 1')
    .describe('Share of traffic at each step of a canary, ascending, the last one 1.'),
  stepSeconds: z.number().positive().default(600).describe('How long a step holds before the next, at least; seconds.'),
  youngDays: z
    .number()
    .positive()
    .default(7)
    .describe('Releases that are older, in days, are never taken back by themselves: it is proposed to a person.'),
  mode: z
    .enum(['act', 'advise'])
    .default('act')
    .describe(
      '`act`: steps are taken, and versions taken back, as the judge finds; `advise`: it only says what it would do.',
    ),
  shadow: ShadowPolicy.optional().describe(
    "What a shadow's answers are held against before its canary begins; left out: a canary begins at once.",
  ),
});
export type Rollout = z.infer<typeof Rollout>;

export const Monitoring = z.strictObject({
  captureShare: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of predictions that are captured, by hash of their id; 0 to 1.'),
  periodSeconds: z
    .int()
    .refine((s) => s === 10 || s === 30 || (s > 0 && s % 60 === 0), 'a period is 10, 30 or a multiple of 60')
    .default(60)
    .describe("Length of an alarm's period, seconds (10, 30 or a multiple of 60, as CloudWatch has it)."),
  datapointsToAlarm: z
    .int()
    .min(1)
    .default(2)
    .describe('An alarm goes off when this many of its last `evaluationPeriods` periods breach.'),
  evaluationPeriods: z.int().min(1).default(3).describe('How many periods an alarm looks at.'),
  maxErrorRate: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe(
      "Alarm when the share of wrong decisions reaches this; left out: twice the baseline's, at most half the way to 1.",
    ),
  maxFailureRate: z
    .number()
    .gt(0)
    .max(1)
    .default(0.02)
    .describe('Alarm when the share of failed requests (5xx) reaches this.'),
  maxViolationRate: z
    .number()
    .gt(0)
    .max(1)
    .default(0.2)
    .describe('Alarm when the share of requests that break the contract reaches this.'),
  maxLatencyMs: z
    .number()
    .positive()
    .default(500)
    .describe("Alarm when the p99 of the handler's duration reaches this, in milliseconds."),
  drift: z
    .strictObject({
      everyMinutes: z.int().min(1).default(60).describe('How often drift is looked for, minutes.'),
      windowMinutes: z.int().min(1).default(1440).describe('Length of the window that is looked at, minutes.'),
      alpha: z.number().gt(0).lt(1).default(0.01).describe('Largest adjusted p-value of a drift.'),
    })
    .prefault({})
    .describe('When drift is looked for, and how sure a finding has to be.'),
  business: BusinessMetrics.optional().describe(
    'What predictions turn out to be worth, in numbers that callers attach to their ids.',
  ),
  segments: Segments.default([]).describe('Features by which quality is told apart.'),
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
    $schema: z.string().optional().describe('Where its JSON Schema is, by which editors complete it.'),
    name: ModelName,
    description: z.string().default('').describe('What the model does, for people.'),
    contract: Contract.describe('What requests and data files are held to.'),
    preprocess: Preprocess.optional().describe('By input, what is done to it before the graph; left out: nothing.'),
    outputs: z.array(OutputMeaning).default([]).describe('What the outputs mean.'),
    decision: Decision.optional().describe(
      'How a prediction becomes a decision that truth can be held against; left out: nothing is said of how good the model is.',
    ),
    quality: QualitySettings.prefault({}).describe(
      'What decides whether a version is as good as the champion, once truth is known.',
    ),
    truth: TruthSettings.optional().describe('What is known of the ground truth to come; left out: nothing.'),
    serving: ServingSettings.prefault({}).describe('How it is run and what requests may ask of it.'),
    guards: Guards.optional().describe('What guards it against hostile callers; left out: nothing.'),
    rollout: Rollout.prefault({}).describe('How a release goes forward, and back.'),
    monitoring: Monitoring.prefault({}).describe('What is captured, when alarms go off, and when drift is looked for.'),
    privacy: PrivacySettings.prefault({}).describe(
      'What may be done with personal fields, beside what the contract says of each.',
    ),
    explanations: Explanations.optional().describe('How predictions are explained; left out: as the defaults say.'),
    lineage: Lineage.prefault({}).describe('Where the model comes from; the ledger keeps it with the version.'),
  })
  .meta({ title: 'Trimtab model manifest', id: 'model.json' });
export type Manifest = z.infer<typeof Manifest>;
