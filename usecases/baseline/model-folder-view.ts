import * as z from 'zod';
import { Manifest } from '../../core/manifest/manifest.ts';
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
  notices: z.array(z.string()).describe('What of the reference data is not as it came.'),
  manifest: Manifest,
  baseline: BaselineSummary.describe('What is known of the reference data.'),
});
export type ModelFolderView = z.infer<typeof ModelFolderView>;

/** A baseline that was made anew. */
export const RemadeBaselineView = z.strictObject({
  file: z.string().describe('Where it is.'),
  ...BaselineSummary.shape,
  before: BaselineSummary.nullable().describe('The one that was there; null where there was none.'),
});
export type RemadeBaselineView = z.infer<typeof RemadeBaselineView>;
