import * as z from 'zod';
import { Manifest } from '../../core/manifest/manifest.ts';
import { Repair } from '../../core/model/repair.ts';
import { ReferencePerformance } from '../../core/profile/profile.ts';

/** A model folder that was written. */
export const ModelFolderView = z.strictObject({
  folder: z.string().describe('Where it is.'),
  manifestFile: z.string().describe('Its model.json, to be read and corrected.'),
  notices: z.array(z.string()).describe('What of the reference data is not as it came.'),
  repairs: z
    .array(Repair)
    .describe('What was done to the graph so that it can be served; done again when it is registered.'),
  notes: z.array(z.string()).describe('What the outputs were taken for and why, or why there is no decision.'),
  manifest: Manifest,
  baseline: z
    .strictObject({
      rows: z.int().min(0).describe('Rows of the reference.'),
      chunks: z.int().min(0).describe('Stretches in time order that thresholds of drift are learned from.'),
      performance: ReferencePerformance.nullable().describe('How good the model is on it; null without labels.'),
    })
    .describe('What is known of the reference data.'),
});
export type ModelFolderView = z.infer<typeof ModelFolderView>;
