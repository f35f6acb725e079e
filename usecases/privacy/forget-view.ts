import * as z from 'zod';
import { ModelName } from '../../core/model/names.ts';
import { Erased } from './erasure-record.ts';

/** What was erased about a subject or of a prediction. */
export const ForgetView = z.strictObject({
  request: z.string().describe('Identifies the request; the same one again goes on where it was interrupted.'),
  dryRun: z.boolean().describe('Whether it was only looked what there is.'),
  erased: Erased.describe('What was erased, in a dry run what would be: by model or dataset, then by kind.'),
  entries: z
    .array(
      z.strictObject({
        model: ModelName,
        entry: z.int().min(1).describe('Number of the entry.'),
      }),
    )
    .describe('Ledger entries that say so.'),
  unread: z
    .array(z.string())
    .describe(
      'Objects that could not be looked into, and are left as they are; the exit status is 1 where there is any.',
    ),
  unnamed: z
    .array(z.string())
    .describe(
      'Data files in which nothing, or not all, says whom it is about: of these, rows without the subject column stay.',
    ),
  beyond: z.array(z.string()).describe('What cannot be reached from here, in sentences.'),
});
export type ForgetView = z.infer<typeof ForgetView>;
