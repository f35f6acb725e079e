import * as z from 'zod';
import { Instant, ModelName, VersionNumber } from '../../core/model/names.ts';
import { Metric } from '../../core/quality/metric.ts';

const Count = z.int().min(0);

/** Difference of a metric, second version less first, over the same rows; null where there is none. */
const Difference = z
  .strictObject({
    n: Count,
    /** What was randomised; rows of one unit are not independent. */
    units: Count,
    mean: z.number(),
    low: z.number(),
    high: z.number(),
  })
  .nullable();

/** A metric of both versions and its difference. */
const ComparedMetric = z.strictObject({ first: Metric, second: Metric, difference: Difference });
export type ComparedMetric = z.infer<typeof ComparedMetric>;

/** What `trimtab compare MODEL A B --json` prints: two versions that were asked about the same rows. */
export const CompareView = z.strictObject({
  model: ModelName,
  first: VersionNumber,
  second: VersionNumber,
  source: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('data'), file: z.string() }),
    z.strictObject({ kind: z.literal('replay'), from: Instant, to: Instant }),
  ]),
  task: z.enum(['binary', 'multiclass', 'regression']),
  /** Rows that both were asked about. */
  rows: Count,
  /** Rows that nothing is known of: no label, no capture of all features, or a truth that a decision cannot have. */
  unknown: Count,
  /** Rows left out, evenly, so that the rest fits into memory. */
  leftOut: Count,
  /** Rows that the contract of the first, and of the second, does not let in: no answer. */
  refused: z.tuple([Count, Count]),
  metrics: z.record(z.string(), ComparedMetric),
  /** Of several classes: by class, then by name. */
  classes: z.record(z.string(), z.record(z.string(), ComparedMetric)),
  /** Names of metrics that decide about releases. */
  deciding: z.array(z.string()),
  /** How often each was wrong where the other was right, with McNemar's exact p; null of regressions. */
  errors: z
    .strictObject({
      bothRight: Count,
      bothWrong: Count,
      onlyFirstWrong: Count,
      onlySecondWrong: Count,
      p: z.number(),
    })
    .nullable(),
  /** Share of rows that both decided alike, with Wilson's interval; null of regressions. */
  agreement: z.strictObject({ share: z.number(), low: z.number(), high: z.number() }).nullable(),
  /** Spearman's, of scores and estimates; null where there is none. */
  rankCorrelation: z.number().nullable(),
});
export type CompareView = z.infer<typeof CompareView>;
