import * as z from 'zod';
import { ModelName, VersionNumber } from '../../core/model/names.ts';

const Head = z.strictObject({
  model: ModelName,
  version: VersionNumber,
  method: z.enum(['exact', 'sampled']).describe('How the values were computed.'),
  reason: z.string().nullable().describe('Why they are sampled; null when they are not, or when it was asked for.'),
  output: z.string().describe('Output that is explained.'),
  column: z
    .int()
    .min(0)
    .nullable()
    .describe('Column of that output, from 0; null where it is that of each row’s predicted class.'),
  scale: z.enum(['raw', 'output']).describe('raw: the sum of the trees, before link; output: what the model answers.'),
  link: z.string().describe('What makes the output of the explained score: identity, logistic, softmax or probit.'),
  background: z
    .enum(['rows', 'marginals', 'levels'])
    .describe('Compared with rows of the baseline, rows drawn from its columns, or levels of its tensors.'),
  backgroundRows: z.int().min(0).describe('Background rows that were compared with; the fewest of any row.'),
  permutations: z.int().min(0).nullable().describe('Orders of the features that were walked; null of exact values.'),
  complete: z.boolean().describe('False when time was out before all had their turn.'),
  features: z.array(z.string()).describe('Features that have values.'),
  fixed: z.array(z.string()).describe('Features without values, for they are personal.'),
  grid: z
    .strictObject({
      input: z.string().describe('The tensor that is cut.'),
      axes: z.array(z.int().min(0)).describe('Axes that are cut, the batch’s being 0.'),
      edges: z.array(z.array(z.int().min(0))).describe('Where parts begin along each, and where the last one ends.'),
    })
    .nullable()
    .describe('Where the features are cells of a tensor: which; else null.'),
});

/** Shapley values of rows. */
export const ExplanationsView = Head.extend({
  rows: z
    .array(
      z.strictObject({
        inputs: z
          .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
          .describe('The features that explained ones are named after, as the file has them; null where missing.'),
        column: z.int().min(0).describe('Column of the output that the values are of.'),
        class: z.string().nullable().describe('Name of the class that the column is of; null where it has none.'),
        baseValue: z.number().describe('Mean score of the background.'),
        value: z.number().describe('Score of the row.'),
        values: z.array(z.number()).describe('One a feature, in the order of features; they sum to value - baseValue.'),
        standardErrors: z.array(z.number()).nullable().describe('Of values, one a feature; null when they are exact.'),
      }),
    )
    .describe('In the order of the file.'),
});
export type ExplanationsView = z.infer<typeof ExplanationsView>;

/** The mean size of the Shapley values over rows. */
export const ImportanceView = Head.extend({
  explained: z.int().min(1).describe('Rows that were explained.'),
  importance: z
    .array(
      z.strictObject({
        name: z.string().describe('The feature.'),
        meanSize: z.number().min(0).describe('Mean absolute value over the rows, in the score’s unit.'),
      }),
    )
    .describe('One a feature, in the order of features.'),
});
export type ImportanceView = z.infer<typeof ImportanceView>;
