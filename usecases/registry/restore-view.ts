import * as z from 'zod';
import { ModelName } from '../../core/model/names.ts';
import { ChainFault } from '../../core/registry/chain.ts';

const Count = z.int().min(0);

/** A model's ledger in a restored table. */
export const RestoredModel = z.strictObject({
  model: ModelName,
  entries: Count.describe('Entries that the restored table has.'),
  later: Count.describe('Entries that came after its point in time, by what is kept of them beside the ledger.'),
  faults: z.array(ChainFault).describe('What is wrong with those that it has; empty: they are as they were written.'),
  live: z.array(ChainFault).describe('What is wrong with the ledger in use, after items were put back if they were.'),
});
export type RestoredModel = z.infer<typeof RestoredModel>;

/** What a restored table holds, beside the table in use. */
export const RestoreView = z.strictObject({
  live: z.string().describe('The table in use.'),
  restored: z.string().describe('The table that was restored.'),
  models: z.array(RestoredModel).describe('Each model of the restored table.'),
  items: z
    .array(
      z.strictObject({
        name: z.string().describe('Key of the item.'),
        found: z.enum(['another', 'none']).describe('Whether the table in use had another item there, or none.'),
      }),
    )
    .describe('Items that the table in use has otherwise, or lacks.'),
  putBack: Count.describe('Those of them that were put back.'),
});
export type RestoreView = z.infer<typeof RestoreView>;
