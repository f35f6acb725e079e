import * as z from 'zod';
import { Digest, Instant, ModelName } from '../../core/model/names.ts';
import { ChainReport } from '../../core/registry/chain.ts';
import { Entry } from '../../core/registry/ledger.ts';

/** What happened to a model last, or all that ever did. */
export const HistoryView = z.strictObject({
  model: ModelName,
  earlier: z.int().min(0).describe('How many entries there are before the first of these.'),
  entries: z.array(Entry).describe('The ledger, in the order in which it was written.'),
});
export type HistoryView = z.infer<typeof HistoryView>;

/** What was true at an instant. */
export const HistoryAtView = z.strictObject({
  model: ModelName,
  at: Instant.describe('The instant that was asked about.'),
  entry: Entry.describe('The last entry at or before it, whose state was in force.'),
});
export type HistoryAtView = z.infer<typeof HistoryAtView>;

/** What the last entry of a model is, to be kept elsewhere and held against the ledger later. */
export const AnchorView = z.strictObject({
  model: ModelName,
  entry: z.int().min(1).describe('Number of the last entry.'),
  digest: Digest.describe('Digest of it, which stands for all before it.'),
  anchor: z.string().describe('The same in one word, for `history --verify --anchor`.'),
});
export type AnchorView = z.infer<typeof AnchorView>;

/** Whether everything that ever happened to a model is as it was written. */
export const VerificationView = ChainReport.extend({ model: ModelName });
export type VerificationView = z.infer<typeof VerificationView>;
