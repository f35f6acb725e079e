import * as z from 'zod';
import { Digest, ModelName } from '../../core/model/names.ts';

const Count = z.int().min(0);

/** What became of a model's ledger in another home. */
export const MirroredModel = z.strictObject({
  model: ModelName,
  entries: Count.describe('Entries that both have now.'),
  appended: Count.describe('Those of them that the other one did not have.'),
  artifacts: Count.describe('Files of versions, releases and anchors that it did not have.'),
  head: Digest.describe('Digest of the last entry, the same in both.'),
});
export type MirroredModel = z.infer<typeof MirroredModel>;

/** Ledgers that were mirrored. */
export const MirrorView = z.strictObject({
  from: z.string().describe('The home that they are of.'),
  to: z.string().describe('The home that has them too.'),
  models: z.array(MirroredModel).describe('Each model, verified in both homes.'),
});
export type MirrorView = z.infer<typeof MirrorView>;
