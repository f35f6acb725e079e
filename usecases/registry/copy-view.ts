import * as z from 'zod';
import { Lineage } from '../../core/manifest/manifest.ts';
import { Digest, EnvironmentName, Instant, ModelName, VersionNumber } from '../../core/model/names.ts';
import { EntryKind } from '../../core/registry/ledger.ts';
import { Artifact } from '../../core/registry/version.ts';
import { RehearsalCounts } from '../../core/rehearsal/rehearsal.ts';
import { RegistrationView } from './registration-view.ts';
import { VersionStanding } from './version-standing.ts';

const EntryNumber = z.int().min(1).describe('Number of the ledger entry.');

/** Where a version was copied from: what the ledger there says of it. It is the evidence of the entry that registers it. */
export const CopiedFrom = z.strictObject({
  kind: z.enum(['local', 'aws', 'simulated']).describe('Kind of that home.'),
  home: z.string().describe('The home that it comes from: a folder, or table and buckets.'),
  environment: EnvironmentName.describe('Environment of that home.'),
  version: VersionNumber.describe('Its number there.'),
  registered: z
    .strictObject({ entry: EntryNumber, digest: Digest, at: Instant, by: z.string().describe('Who did it.') })
    .describe('The entry that registered it there, and its digest.'),
  head: z
    .strictObject({ entry: EntryNumber, digest: Digest })
    .describe('The last entry there, which stands for all before it; the ledger was verified up to it.'),
  standing: VersionStanding.describe('What became of it there.'),
  decisions: z
    .array(
      z.strictObject({
        entry: EntryNumber,
        kind: EntryKind.describe('What happened.'),
        at: Instant.describe('When.'),
        by: z.string().describe('Who did it.'),
        reason: z.string().describe('Why, word for word.'),
      }),
    )
    .describe('What was decided about it there, the last ones. It decides nothing where it is copied to.'),
});
export type CopiedFrom = z.infer<typeof CopiedFrom>;

/** What people call a home in a sentence: every folder is of the environment `local`, unless somebody named it. */
export const homeText = ({ kind, home, environment }: Pick<CopiedFrom, 'kind' | 'home' | 'environment'>): string =>
  kind === 'aws' ? environment : home;

/** Evidence of an entry that registers a copy. */
export const CopyEvidence = z.looseObject({
  copied: z.array(CopiedFrom).min(1).describe('The homes that it came through, the first one first.'),
  rehearsal: RehearsalCounts.optional(),
});

/** A version that was copied, now or before. */
export const CopyView = z.strictObject({
  model: ModelName,
  existed: z
    .boolean()
    .describe('Whether graph, manifest and baseline were registered there before: then no entry was appended.'),
  from: CopiedFrom.describe('Where it was copied from.'),
  through: z.array(CopiedFrom).describe('Homes that it had come through before, the first one first.'),
  to: z
    .strictObject({
      kind: z.enum(['local', 'aws', 'simulated']).describe('Kind of that home.'),
      home: z.string().describe('The home that it is in now.'),
      environment: EnvironmentName.describe('Environment of that home.'),
      version: VersionNumber.describe('Its number there.'),
      standing: VersionStanding.describe('What became of it there so far: an approval is never copied.'),
    })
    .describe('Where it is now.'),
  artifacts: z
    .array(
      Artifact.extend({
        part: z.enum(['model', 'baseline', 'rehearsal', 'card']).describe('What it is.'),
        existed: z.boolean().describe('Whether it was there; its digest was looked at either way.'),
      }),
    )
    .describe('What belongs to it.'),
  lineage: Lineage.describe('What it was made from, as the manifest has it.'),
  changes: RegistrationView.shape.changes,
  forced: z.array(z.string()).describe('Why it would have been refused, had it not been forced.'),
});
export type CopyView = z.infer<typeof CopyView>;
