import * as z from 'zod';
import { ManifestDuration } from './duration.ts';

/**
 * Metrics that may decide about a version: each is the mean over a defined subset of the predictions, so that its
 * difference between two versions has an interval that holds at any time. F1, AUC, MCC, R² and RMSE are none, and are
 * shown only.
 */
export const DECIDING_METRICS = [
  'errorRate',
  'recall',
  'specificity',
  'precision',
  'brier',
  'logLoss',
  'cost',
  'errorAboveMedian',
  'errorAboveP90',
] as const;
export const DecidingMetricName = z.enum(DECIDING_METRICS);
export type DecidingMetricName = z.infer<typeof DecidingMetricName>;

/** By how much a version may be worse than the champion: `margin` of the champion's own value, and `floor` besides. */
const margin = z.number().min(0).max(1);
const floor = z.number().min(0).max(1);

export const DecidingMetric = z.strictObject({
  metric: DecidingMetricName.describe(
    "`errorRate`, `recall`, `specificity` and `precision` of decisions, and their `cost` where the decision has `costs`; `brier` and `logLoss` of probabilities; `errorAboveMedian` and `errorAboveP90` of regressions, the shares of absolute errors above the champion's median and 90th percentile.",
  ),
  class: z
    .union([z.string(), z.number()])
    .optional()
    .describe(
      'Of several classes: whose recall or precision it is; left out: that of each class above `minClassShare`.',
    ),
  margin: margin
    .optional()
    .describe("By how much of the champion's own value a version may be worse; left out: as `quality` says."),
  floor: floor.optional().describe('By how much it may be worse in any case; left out: as `quality` says.'),
});
export type DecidingMetric = z.infer<typeof DecidingMetric>;

/** `quality`: what decides whether a version is as good as the champion, once truth is known. */
export const QualitySettings = z.strictObject({
  metrics: z
    .array(DecidingMetric)
    .min(1)
    .max(20)
    .optional()
    .describe(
      'What decides. Left out: of a binary decision recall and specificity, with probabilities Brier besides; of several classes the error rate and the recall of each class above `minClassShare`; of a regression `errorAboveMedian` and `errorAboveP90`; precision alone where truth is of predicted positives only.',
    ),
  margin: margin
    .default(0.1)
    .describe("How much worse a version may be, relative to the champion's rate of errors (1 less recall, and so on)."),
  floor: floor.default(0.001).describe('How much worse it may be in any case: 0.001 is 0.1 points.'),
  minClassShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.02)
    .describe('Classes rarer than this share of the truths have no part in the default.'),
  patience: ManifestDuration.default('24h').describe('How long a gate waits for evidence before a person is asked.'),
});
export type QualitySettings = z.infer<typeof QualitySettings>;
