import * as z from 'zod';
import { DecidingMetricName } from '../../core/manifest/quality.ts';
import { Instant, ModelName, VersionNumber } from '../../core/model/names.ts';
import { CalibrationGroup } from '../../core/quality/calibration.ts';
import { Hour, Uncounted } from '../../core/quality/hour-tallies.ts';
import { Metric } from '../../core/quality/metric.ts';

const Count = z.int().min(0);
const Share = z.number().min(0).max(1);

/** What `trimtab quality MODEL --json` prints: how good one version of a model was over a window. */
export const QualityView = z.strictObject({
  model: ModelName,
  version: VersionNumber,
  from: Instant.describe('Begin of the window of the predictions, a whole hour.'),
  to: Instant.describe('Its end, exclusive.'),
  segment: z.string().describe('Segment that all of it is about; empty: everything.'),
  task: z
    .enum(['binary', 'multiclass', 'regression'])
    .nullable()
    .describe('What kind of decision it makes; null where the manifest has none.'),
  truths: Count.describe('Predictions whose truth is known, and counted.'),
  uncounted: Uncounted.describe('Truths that are kept and not counted, by why.'),
  unknownTruths: Count.describe(
    'Truths of the model, of whatever version, that were given up in those days: no captured prediction has their id.',
  ),
  unreadable: z
    .array(
      z.strictObject({
        hour: Hour.describe('Of the predictions, UTC.'),
        reason: z.string().describe('Why, in a sentence.'),
      }),
    )
    .describe('Hours whose tallies cannot be read: nothing of them is counted.'),
  units: Count.describe('Who those predictions were made for: what was given a version at random.'),
  designEffect: z
    .number()
    .min(1)
    .describe('By what factor variances are larger than of independent rows, as those of one unit are alike.'),
  metrics: z.record(z.string(), Metric).describe('By name; docs/quality.md defines each.'),
  classes: z
    .record(z.string(), z.record(z.string(), Metric))
    .describe('Of several classes: by class, then by name; empty of other decisions.'),
  deciding: z
    .array(
      z.strictObject({
        metric: DecidingMetricName.describe('Name of the metric.'),
        class: z.string().nullable().describe('Of several classes: whose it is; null where it is of all.'),
      }),
    )
    .describe('Metrics that decide about releases.'),
  confusion: z
    .strictObject({
      truths: z.array(z.string()).describe('Names of the rows: what was true.'),
      decisions: z.array(z.string()).describe('Names of the columns: what was decided.'),
      counts: z.array(z.array(Count)).describe('Row by row.'),
    })
    .nullable()
    .describe('Confusion matrix; null of regressions and where there is no truth.'),
  calibration: z
    .array(CalibrationGroup)
    .describe('Of probabilities (of several classes, of the greatest one): groups of about equally many rows.'),
  business: z
    .record(
      z.string(),
      z.strictObject({
        unit: z.string().nullable().describe('As the manifest has it; null when it has none.'),
        mean: Metric.describe('Mean of the values.'),
        total: Metric.describe('Their sum.'),
      }),
    )
    .describe('What predictions turned out to be worth, by business metric.'),
  inputs: z
    .array(
      z.strictObject({
        feature: z.string().describe('Name of the feature, or of a whole tensor.'),
        rows: Count.describe('Rows that were captured in the window.'),
        missing: Share.describe('Share of the rows in which it was missing.'),
        violations: z
          .number()
          .min(0)
          .describe('Values that broke the contract, as a share of the rows; refused requests included.'),
        hours: z
          .array(
            z.strictObject({
              hour: Hour.describe('Of the predictions, UTC.'),
              rows: Count.describe('Rows that were captured.'),
              missing: Share.describe('Share of them in which it was missing.'),
              violations: z.number().min(0).describe('Values that broke the contract, as a share of them.'),
            }),
          )
          .describe('The same by hour.'),
      }),
    )
    .describe('Features of which something was missing or broke the contract, most first.'),
  segments: z
    .array(
      z.strictObject({
        name: z.string().describe('Such as carrier=UA.'),
        truths: Count.describe('Predictions of it whose truth is known.'),
        metric: z.string().describe('Name of the one metric that segments are shown by.'),
        value: Metric.describe('That metric.'),
      }),
    )
    .describe('Every segment that has truths.'),
});
export type QualityView = z.infer<typeof QualityView>;
