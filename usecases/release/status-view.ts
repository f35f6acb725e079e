import * as z from 'zod';
import { AlarmState } from '../../core/alarms/alarm.ts';
import { TestResult } from '../../core/experiment/judge.ts';
import { AskedQuestion } from '../../core/judge/asked.ts';
import { JudgeVerdict } from '../../core/judge/verdict.ts';
import { Instant, ModelName, VersionNumber } from '../../core/model/names.ts';
import { ReleaseState } from '../../core/registry/ledger.ts';
import { Variant } from '../../core/serving/variant.ts';
import { BookkeepingNote } from '../../platform/bookkeeping-note.ts';
import { TruthBacklog } from '../ground-truth/truth-backlog-view.ts';
import { AutomationStatus, JudgeStatus } from './judge-status-view.ts';

const Count = z.int().min(0);
const Share = z.number().min(0).max(1);

/** The progress of one challenger, by the same evaluation that decides about it. */
export const RolloutStatus = z.strictObject({
  version: VersionNumber,
  test: TestResult.nullable().describe('Of an A/B test; null of a canary.'),
  step: JudgeVerdict.nullable().describe('What the judge finds about a canary; null of a test.'),
});
export type RolloutStatus = z.infer<typeof RolloutStatus>;

/** How often a shadow's answers disagreed with the champion's since it began. */
export const ShadowStatus = z.strictObject({
  version: VersionNumber,
  samples: Count.describe('Requests whose answers were compared; without any the shares say nothing.'),
  disagreement: Share.describe('Share of them that disagreed.'),
  low: Share.describe('Begin of its 95 % interval, which holds at all looks together.'),
  high: Share.describe('End of that interval.'),
  largest: z.number().min(0).describe('Largest difference of two numbers, in their unit.'),
});
export type ShadowStatus = z.infer<typeof ShadowStatus>;

/** Values of one business metric of a model over the last day. */
export const BusinessMetricSummary = z.strictObject({
  metric: z.string().describe('Name of the metric.'),
  unit: z.string().nullable().describe('Its unit, as the manifest has it; null when it has none.'),
  variant: Variant.describe('Whose predictions they are of.'),
  values: Count.describe('Values that were joined with their predictions.'),
  mean: z
    .number()
    .nullable()
    .describe('Their mean, in the metric’s unit; null where their sum is beyond the numbers that can be held.'),
});
export type BusinessMetricSummary = z.infer<typeof BusinessMetricSummary>;

/** Whether captured requests of a version can be asked of another one. */
export const ReplayabilityView = z.strictObject({
  replayable: z.boolean().describe('Whether captures hold all that it was asked.'),
  replayProblem: z.string().nullable().describe('Why not; null where they do.'),
});

/** How long truths take, in milliseconds; corrected for those that are still due. */
const TruthDelayView = z.strictObject({
  p90Ms: z
    .number()
    .nullable()
    .describe('Delay that nine tenths of the truths do not exceed; null: not known, and `reason` says why.'),
  medianMs: z.number().nullable().describe('Delay that half of them do not exceed.'),
  uncorrectedP90Ms: z
    .number()
    .nullable()
    .describe('Nine tenths of the truths that are there by now, so without those still due.'),
  truths: Count.describe('Truths that this rests on.'),
  reason: z.string().nullable().describe('Why it is not known; null where it is.'),
});
export type TruthDelayView = z.infer<typeof TruthDelayView>;

/** An alarm that pages. */
export const PagingView = z.strictObject({
  alarm: z.string().describe('Name of the alarm.'),
  state: AlarmState.describe('Its state by the metrics.'),
  reason: z.string().describe('What was evaluated.'),
});
export type PagingView = z.infer<typeof PagingView>;

/** Whether endpoints have the champion in memory. */
const ServingStatus = z.strictObject({
  state: z
    .enum(['serving', 'paused', 'partly', 'failing', 'unseen'])
    .describe(
      'They have it; the one that was asked has, and refuses its runs for a while, because earlier ones had to be ended; some have and some cannot load it; none can load it; or none was seen to have it since the traffic last changed hands.',
    ),
  answering: VersionNumber.nullable().describe(
    'Who answers in its place, or it; null where nobody does, or it is not known.',
  ),
  reason: z.string().nullable().describe('Why it could not be loaded, or pauses; null where that is not known.'),
});
export type ServingStatus = z.infer<typeof ServingStatus>;

/** The release of one model, and the progress of what it tries out. */
export const ModelStatus = z.strictObject({
  model: ModelName,
  release: ReleaseState.describe('Who has which part of the traffic, as the ledger has it.'),
  ahead: z
    .string()
    .nullable()
    .describe(
      'How far the time of the last change of the traffic is ahead of now, in words: the clock of who made it was; it is judged from now on. Null where it is not.',
    ),
  serving: ServingStatus.nullable().describe(
    'Whether endpoints have the champion in memory; null where nothing is released, or it cannot be read.',
  ),
  challengers: z.array(RolloutStatus).nullable().describe('Progress of the challengers; null when it cannot be read.'),
  shadow: ShadowStatus.nullable().describe('Progress of the shadow; null without one, or when it cannot be read.'),
  judge: JudgeStatus.nullable().describe('What the judge finds now; null when it cannot be read.'),
  automation: AutomationStatus.describe('Whether what the judge finds is done.'),
  business: z
    .array(BusinessMetricSummary)
    .nullable()
    .describe('Business metrics of the last day that have values; null when they cannot be read.'),
  replay: z
    .array(z.strictObject({ version: VersionNumber, ...ReplayabilityView.shape }))
    .describe('Of each version that has traffic or mirrors it: whether another can be asked what it was asked.'),
  truthDelay: TruthDelayView.nullable().describe(
    'How long after their predictions truths become known; null where none can be told yet, or when it cannot be read.',
  ),
  truths: TruthBacklog.nullable().describe(
    'Truths that are not joined yet, or not at all; null when it cannot be read.',
  ),
  asked: z
    .array(AskedQuestion)
    .nullable()
    .describe('What the judge asks a person about it, the most urgent first; null when it cannot be read.'),
  unread: z.array(z.string()).describe('What could not be read and why, in sentences; empty when everything was.'),
});
export type ModelStatus = z.infer<typeof ModelStatus>;

/** What is released now. */
export const StatusView = z.strictObject({
  at: Instant.describe('When it was looked at.'),
  models: z.array(ModelStatus).describe('The model that was asked for, or all of the home.'),
  paging: z
    .array(PagingView)
    .nullable()
    .describe('The alarms that page: what the judge asks, and its heartbeat; null when their metrics cannot be read.'),
  bookkeeping: z
    .array(BookkeepingNote)
    .nullable()
    .describe(
      'What processes that serve the home could not write down within the last days; empty on AWS, where an alarm tells; null when it cannot be read.',
    ),
});
export type StatusView = z.infer<typeof StatusView>;
