import * as z from 'zod';
import { DriftVerdict } from '../../core/drift/verdict.ts';
import { Digest, Instant, ModelName, VersionNumber } from '../../core/model/names.ts';
import { Profile } from '../../core/profile/profile.ts';

/** Drift of captured traffic, as `report.json` has it and `report.html` shows it. */
export const DriftView = DriftVerdict.extend({
  model: ModelName,
  version: VersionNumber,
  from: Instant.describe('Begin of the window.'),
  to: Instant.describe('End of the window, exclusive.'),
  persistence: z
    .enum(['none', 'warn', 'critical'])
    .describe('critical after drift in two windows in a row, warn after drift in three of the last five.'),
  baseline: z
    .strictObject({
      createdAt: Instant,
      rows: z.int().min(0).describe('Rows of the reference.'),
      source: Digest.describe('SHA-256 of the reference file.'),
    })
    .describe('What the window was compared with.'),
  report: z.string().describe('Key of report.html in the data store.'),
});
export type DriftView = z.infer<typeof DriftView>;

/** Drift of the features in a data file. */
export const FileDriftView = DriftVerdict.extend({
  profile: Profile.describe('Counts of the file over the bins of the baseline.'),
  report: z.string().describe('The report as a page: a file.'),
});
export type FileDriftView = z.infer<typeof FileDriftView>;
