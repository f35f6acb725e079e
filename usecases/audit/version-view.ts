import * as z from 'zod';
import { Digest, Instant } from '../../core/model/names.ts';
import { ReferencePerformance } from '../../core/profile/profile.ts';
import { EntryKind } from '../../core/registry/ledger.ts';
import { ModelVersion } from '../../core/registry/version.ts';
import { QualitySummary } from '../quality/quality-summary.ts';
import { VersionStanding } from '../registry/version-standing.ts';
import { Service } from './trace-view.ts';

const Count = z.int().min(0);

/** What its baseline is of. */
export const ReferenceSummary = z.strictObject({
  createdAt: Instant.describe('When the baseline was made.'),
  source: Digest.describe('SHA-256 of the reference file.'),
  rows: Count.describe('Rows of the reference.'),
  columns: Count.describe('Columns that it has counts of, those of outputs included.'),
  background: Count.describe('Rows that explanations compare with.'),
  performance: ReferencePerformance.nullable().describe('How good it was on the reference; null without labels.'),
});
export type ReferenceSummary = z.infer<typeof ReferenceSummary>;

/** All of a version. */
export const VersionView = ModelVersion.extend({
  standing: VersionStanding.describe('What became of it so far.'),
  reference: ReferenceSummary.nullable().describe('Its baseline; null where it was registered without one.'),
  quality: QualitySummary.nullable().describe('How good it was lately; null where nothing is known of that.'),
  entries: z
    .array(
      z.strictObject({
        number: z.int().min(1).describe('Number of the ledger entry.'),
        kind: EntryKind.describe('What happened.'),
        at: Instant.describe('When.'),
        actor: z.string().describe('Who did it.'),
        reason: z.string().describe('Why, word for word.'),
      }),
    )
    .describe('What happened to it, in order.'),
  service: z.array(Service).describe('When it had which part of the traffic.'),
  unread: z.array(z.string()).describe('What could not be read and why; empty when everything was.'),
});
export type VersionView = z.infer<typeof VersionView>;
