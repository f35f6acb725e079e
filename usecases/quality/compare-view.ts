import * as z from 'zod';
import { Instant, ModelName, VersionNumber } from '../../core/model/names.ts';
import { Metric } from '../../core/quality/metric.ts';

const Count = z.int().min(0);

const Difference = z.strictObject({
  n: Count.describe('Rows that it is of.'),
  units: Count.describe('What was randomised; rows of one unit are not independent.'),
  mean: z.number().describe('The second version’s metric less the first one’s.'),
  low: z.number().describe('Begin of its 95 % interval.'),
  high: z.number().describe('End of that interval.'),
});

const ComparedMetric = z.strictObject({
  first: Metric.describe('Of the first version.'),
  second: Metric.describe('Of the second version.'),
  difference: Difference.nullable().describe('Of the same rows; null of what is no mean of rows, or not defined.'),
});
export type ComparedMetric = z.infer<typeof ComparedMetric>;

const Source = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('data').describe('Rows of a labelled file.'),
    file: z.string().describe('The file, as it was named.'),
  }),
  z.strictObject({
    kind: z.literal('replay').describe('Captured requests whose truths are known.'),
    from: Instant.describe('Begin of the window of the predictions.'),
    to: Instant.describe('Its end, exclusive.'),
  }),
]);

/** What `trimtab compare MODEL A B --json` prints: two versions that were asked about the same rows. */
export const CompareView = z.strictObject({
  model: ModelName,
  first: VersionNumber.describe('The version that the other is held against.'),
  second: VersionNumber.describe('The other one.'),
  source: Source.describe('Where the rows come from.'),
  task: z.enum(['binary', 'multiclass', 'regression']).describe('What kind of decision both make.'),
  rows: Count.describe('Rows that both were asked about, and whose truth both know.'),
  unknown: Count.describe('Further rows without a label, a whole capture, or a truth that a decision can have.'),
  leftOut: Count.describe('Further rows that were left out, evenly, so that the rest fits into memory.'),
  refused: z
    .array(Count)
    .length(2)
    .describe('Rows that the contract of the first, and of the second, does not let in: no answer.'),
  metrics: z.record(z.string(), ComparedMetric).describe('By name; docs/quality.md defines each.'),
  classes: z
    .record(z.string(), z.record(z.string(), ComparedMetric))
    .describe('Of several classes: by class, then by name; empty of other decisions.'),
  deciding: z.array(z.string()).describe('Names of metrics that decide about releases.'),
  errors: z
    .strictObject({
      bothRight: Count.describe('Rows that both are right about.'),
      bothWrong: Count.describe('Rows that both are wrong about.'),
      onlyFirstWrong: Count.describe('Rows that only the first is wrong about.'),
      onlySecondWrong: Count.describe('Rows that only the second is wrong about.'),
      p: z.number().describe('Two-sided, of McNemar’s exact test.'),
    })
    .nullable()
    .describe('Who is wrong where the other is right; null of regressions.'),
  agreement: z
    .strictObject({
      share: z.number().describe('Share of the rows that both decide alike.'),
      low: z.number().describe('Begin of its 95 % interval (Wilson).'),
      high: z.number().describe('End of that interval.'),
    })
    .nullable()
    .describe('How often both decide alike; null of regressions and without rows.'),
  rankCorrelation: z.number().nullable().describe('Spearman’s, of scores and estimates; null where there is none.'),
});
export type CompareView = z.infer<typeof CompareView>;
