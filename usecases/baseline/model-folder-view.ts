import * as z from 'zod';
import { Manifest } from '../../core/manifest/manifest.ts';
import { Repair } from '../../core/model/repair.ts';
import { ReferencePerformance } from '../../core/profile/profile.ts';

const BaselineSummary = z.strictObject({
  rows: z.int().min(0).describe('Rows of the reference.'),
  chunks: z.int().min(0).describe('Stretches in time order that thresholds of drift are learned from.'),
  performance: ReferencePerformance.nullable().describe('How good the model is on it; null without labels.'),
});

/** A model folder that was written. */
export const ModelFolderView = z.strictObject({
  folder: z.string().describe('Where it is.'),
  manifestFile: z.string().describe('Its model.json, to be read and corrected.'),
  order: z
    .strictObject({
      by: z
        .enum(['stated', 'graph', 'file'])
        .describe('Who says the order: --features, the graph’s own metadata, or the columns of the file.'),
      inputs: z
        .array(
          z.strictObject({
            input: z.string().describe('Input [n, k] of the graph.'),
            columns: z.array(z.string()).describe('The features that it takes, in its order.'),
          }),
        )
        .describe('Inputs whose features are in that order.'),
    })
    .nullable()
    .describe('The order of features that share an input; null where each has its own.'),
  taken: z
    .array(
      z.strictObject({
        column: z.string().describe('Its name.'),
        as: z
          .enum(['id', 'time', 'label', 'extra', 'feature without drift'])
          .describe('What it was taken for; extra is carried along and nothing to the model.'),
        why: z.string().describe('By what it was taken for that.'),
      }),
    )
    .describe('Columns of the data that are not simply features.'),
  constant: z.array(z.string()).describe('Features with one value throughout, of which no range is told.'),
  notices: z.array(z.string()).describe('What of the reference data is not as it came, or only a person can say.'),
  repairs: z
    .array(Repair)
    .describe('What was done to the graph so that it can be served; done again when it is registered.'),
  notes: z.array(z.string()).describe('What the outputs were taken for and why, or why there is no decision.'),
  manifest: Manifest,
  baseline: BaselineSummary.describe('What is known of the reference data.'),
  doubt: z
    .string()
    .nullable()
    .describe(
      'Why it may be worth nothing: it does no better on its own reference than a constant answer; null where it does.',
    ),
});
export type ModelFolderView = z.infer<typeof ModelFolderView>;

/** A baseline that was made anew. */
export const RemadeBaselineView = z.strictObject({
  file: z.string().describe('Where it is.'),
  ...BaselineSummary.shape,
  before: BaselineSummary.nullable().describe('The one that was there; null where there was none.'),
});
export type RemadeBaselineView = z.infer<typeof RemadeBaselineView>;
