import * as z from 'zod';
import { Instant, ModelName } from '../../core/model/names.ts';
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

/** Whether everything that ever happened to a model is as it was written. */
export const VerificationView = ChainReport.extend({ model: ModelName });
export type VerificationView = z.infer<typeof VerificationView>;
