import * as z from 'zod';
import { Digest, Instant } from '../model/names.ts';
import { OutlierCalibration } from './outlier-calibration.ts';

/**
 * A profile is counts over fixed bin edges, plus moments, missing and unseen counts. Profiles over the same edges
 * merge exactly (counts add; moments by Chan, Golub & LeVeque 1979), so a file in pieces gives the same answer as
 * the file whole.
 */

const Count = z.int().min(0);

export const NumericProfile = z.strictObject({
  kind: z.literal('numeric').describe('A column of numbers.'),
  rows: Count.describe('Rows seen, missing ones included.'),
  missing: Count.describe('Rows without a value.'),
  zeros: Count.optional().describe('Values that are 0; absent from profiles of which a part did not count them.'),
  edges: z
    .array(z.number())
    .describe(
      'Inner bin edges, ascending; bin i holds edges[i-1] <= x < edges[i], the first and the last are open-ended.',
    ),
  counts: z.array(Count).describe('edges.length + 1 counts.'),
  min: z.number().nullable().describe('Of the values present; null when there are none.'),
  max: z.number().nullable().describe('Of the values present.'),
  mean: z.number().nullable().describe('Of the values present.'),
  m2: z
    .number()
    .nullable()
    .describe('Sum of squared deviations from the mean; null besides where it is beyond all doubles.'),
});
export type NumericProfile = z.infer<typeof NumericProfile>;

export const CategoricalProfile = z.strictObject({
  kind: z.literal('categorical').describe('A column of categories.'),
  rows: Count.describe('Rows seen, missing ones included.'),
  missing: Count.describe('Rows without a value.'),
  categories: z
    .array(z.string())
    .describe('The baseline’s categories (at most 1,000, most frequent first); the rest of the baseline is other.'),
  counts: z.array(Count).describe('One a category.'),
  other: Count.describe(
    'Values that the baseline has, but beyond its first 1,000. Always 0 when the baseline has no more.',
  ),
  unseen: Count.describe('Values that the baseline does not have at all.'),
});
export type CategoricalProfile = z.infer<typeof CategoricalProfile>;

export const ColumnProfile = z.discriminatedUnion('kind', [NumericProfile, CategoricalProfile]);
export type ColumnProfile = z.infer<typeof ColumnProfile>;

export const Profile = z.strictObject({
  rows: Count.describe('Rows that were counted.'),
  columns: z
    .record(z.string(), ColumnProfile)
    .describe(
      'By column name; features under their name, outputs as output:NAME (the decision’s column), the label under that of its column.',
    ),
});
export type Profile = z.infer<typeof Profile>;

/**
 * Counts of one part of the reference in time order. Windows that are put together of such parts show how much windows
 * of a size differ when nothing has changed.
 */
export const ReferenceChunk = z.strictObject({
  from: z.string().optional(),
  to: z.string().optional(),
  rows: Count,
  counts: z
    .record(z.string(), z.array(Count))
    .describe(
      'Column -> counts in the order of the profile’s bins: numeric [...counts, missing], categorical [...counts, other, unseen, missing].',
    ),
});
export type ReferenceChunk = z.infer<typeof ReferenceChunk>;

/** How good the model was on the reference, which its performance in production is compared with. */
export const ReferencePerformance = z.strictObject({
  rows: Count.describe('Rows with a label.'),
  errorRate: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of wrong decisions; absent where none can be wrong (a regression without a tolerance).'),
  brier: z.number().optional().describe('Mean squared difference of probability and truth; binary only.'),
  mae: z.number().min(0).optional().describe('Mean absolute error; regression only.'),
  withoutScore: Count.optional().describe(
    'Labelled rows for which the model gave no number; left out where there are none.',
  ),
  errorEdges: z
    .array(z.number().positive())
    .max(1_000)
    .optional()
    .describe('Regression only: edges that absolute errors are counted over, quantiles of the reference’s own.'),
  classes: z
    .array(
      z.strictObject({
        name: z.string().describe('Name of the class; of a binary decision true or false.'),
        rows: Count.describe('Rows whose truth it is.'),
        wrong: Count.describe('Those of them that were decided otherwise.'),
      }),
    )
    .optional()
    .describe('Classes that labels have; absent of a regression, and from what older programs made.'),
  squares: z
    .strictObject({
      rows: Count.describe('Rows with a label and a finite answer.'),
      error: z.number().min(0).describe('Mean squared error.'),
      ofMean: z.number().min(0).describe('Mean squared error of answering the mean of the labels every time.'),
      deviation: z.number().min(0).describe('Standard deviation, over rows, of the difference of the two.'),
    })
    .optional()
    .describe('Regression only; absent from what older programs made.'),
});
export type ReferencePerformance = z.infer<typeof ReferencePerformance>;

/**
 * Rows of the reference drawn at random, which explanations compare with; only where the contract has no personal
 * field.
 */
export const BackgroundRows = z.strictObject({
  columns: z.array(z.string()).max(5_000).describe('Names of features, in the order of the rows’ values.'),
  rows: z
    .array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])))
    .max(1_000)
    .describe('Missing values are null; integers beyond 2^53 are text, which keeps their digits.'),
});
export type BackgroundRows = z.infer<typeof BackgroundRows>;

/** `baseline.json`: the reference profile of a model version. */
export const Baseline = z.strictObject({
  format: z.literal(1),
  createdAt: Instant,
  source: Digest.describe('SHA-256 of the reference file.'),
  profile: Profile,
  chunks: z.array(ReferenceChunk),
  performance: ReferencePerformance.optional(),
  outliers: OutlierCalibration.optional().describe(
    'How unusual its own rows are; absent where no column of it can be scored.',
  ),
  background: BackgroundRows.optional(),
});
export type Baseline = z.infer<typeof Baseline>;
