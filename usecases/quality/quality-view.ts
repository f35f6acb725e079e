import * as z from 'zod';
import { DecidingMetricName } from '../../core/manifest/quality.ts';
import { Instant, ModelName, VersionNumber } from '../../core/model/names.ts';
import { CalibrationGroup } from '../../core/quality/calibration.ts';
import { Hour, Uncounted } from '../../core/quality/hour-tallies.ts';
import { Metric } from '../../core/quality/metric.ts';

const Count = z.int().min(0);

/** What `trimtab quality MODEL --json` prints: how good one version of a model was over a window. */
export const QualityView = z.strictObject({
  model: ModelName,
  version: VersionNumber,
  /** Window of the predictions, whole hours; `to` is exclusive. */
  from: Instant,
  to: Instant,
  /** Segment that all of it is about; empty: everything. */
  segment: z.string(),
  /** null where the manifest has no decision. */
  task: z.enum(['binary', 'multiclass', 'regression']).nullable(),
  /** Predictions whose truth is known. */
  truths: Count,
  /** Truths that are kept and not counted, by why. */
  uncounted: Uncounted,
  /** Truths of the model, of whatever version, that were given up in those days: no captured prediction has their id. */
  unknownTruths: Count,
  /** Who they were made for, and by what factor that makes variances larger than those of independent rows. */
  units: Count,
  designEffect: z.number().min(1),
  /** By name; `docs/quality.md` defines each. */
  metrics: z.record(z.string(), Metric),
  /** Of several classes: by class, then by name. */
  classes: z.record(z.string(), z.record(z.string(), Metric)),
  /** Names of metrics that decide about releases, of several classes with the class. */
  deciding: z.array(z.strictObject({ metric: DecidingMetricName, class: z.string().optional() })),
  /** Rows by what was true, columns by what was decided; null of regressions and where there is no truth. */
  confusion: z
    .strictObject({
      truths: z.array(z.string()),
      decisions: z.array(z.string()),
      counts: z.array(z.array(Count)),
    })
    .nullable(),
  /** Of probabilities (of several classes, of the greatest one): groups of about equally many rows. */
  calibration: z.array(CalibrationGroup),
  /** What predictions turned out to be worth, by business metric. */
  business: z.record(z.string(), z.strictObject({ unit: z.string().optional(), mean: Metric, total: Metric })),
  /** Features of which something was missing or broke the contract, most first; of captured requests of the window. */
  inputs: z.array(
    z.strictObject({
      feature: z.string(),
      rows: Count,
      missing: z.number().min(0).max(1),
      /** Values that broke the contract, as a share of the rows; refused requests included. */
      violations: z.number().min(0),
      hours: z.array(z.strictObject({ hour: Hour, rows: Count, missing: z.number(), violations: z.number() })),
    }),
  ),
  /** Every segment that has truths, with the task's first metric: error rate, or of regressions the mean absolute error. */
  segments: z.array(z.strictObject({ name: z.string(), truths: Count, metric: z.string(), value: Metric })),
});
export type QualityView = z.infer<typeof QualityView>;
