import * as z from 'zod';
import { VersionNumber } from '../../core/model/names.ts';
import { ReferencePerformance } from '../../core/profile/profile.ts';
import { ContentChange } from '../../core/registry/content-changes.ts';
import { ModelVersion } from '../../core/registry/version.ts';
import { RehearsalCounts } from '../../core/rehearsal/rehearsal.ts';
import { SideBySide } from '../../core/replay/side-by-side.ts';

/** A version that was registered, now or before. */
export const RegistrationView = ModelVersion.extend({
  existed: z.boolean().describe('Whether graph, manifest and baseline were registered before: then nothing was done.'),
  changes: z
    .strictObject({
      version: VersionNumber.describe('The version that it is held against: the last with its graph, else the last.'),
      changes: z.array(ContentChange).describe('What differs, value by value.'),
    })
    .nullable()
    .describe('What differs from a version before it; null where there is none, or nothing differs.'),
  rehearsed: RehearsalCounts.extend({
    kept: z.int().min(0).describe('Rows whose answers are kept, for endpoints to hold it to.'),
  })
    .nullable()
    .describe('What came of running it on real rows; null where it was not run.'),
  beside: SideBySide.nullable().describe(
    'What it and the champion said about the same rows; null where nothing was compared.',
  ),
  references: z
    .strictObject({
      own: ReferencePerformance.describe('How good it was on its own reference.'),
      champion: z
        .strictObject({
          version: VersionNumber.describe('The champion.'),
          performance: ReferencePerformance.describe('What its baseline says.'),
        })
        .nullable()
        .describe('How good the champion was on its own; null where that is not known.'),
    })
    .nullable()
    .describe('What references say, where they have labels; null where they do not.'),
  remarks: z.array(z.string()).describe('What is worth a look about the model, in sentences.'),
});
export type RegistrationView = z.infer<typeof RegistrationView>;
