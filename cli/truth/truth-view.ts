import * as z from 'zod';
import { ModelName } from '../../core/model/names.ts';

const Count = z.int().min(0);

/** What became of the truths of a file. */
export const TruthView = z.strictObject({
  model: ModelName,
  file: z.string().describe('The file, as it was named.'),
  to: z.string().describe('Where they were sent: the home, or the address of the endpoint.'),
  records: Count.describe('Records of the file; blank lines and the header are none.'),
  sent: Count.describe('Records that were stored for the join.'),
  known: Count.nullable().describe(
    'Of those sent: predictions that are captured already; null where the endpoint took them, which cannot know.',
  ),
  unknown: Count.nullable().describe(
    'Of those sent: no captured prediction has the id. They wait two hours for a capture on its way.',
  ),
  unreadable: Count.describe('Records that are no truth, or none that the decision could have had.'),
  problems: z
    .array(
      z.strictObject({
        line: z.int().min(1).describe('Line of the file, from 1.'),
        kind: z.enum(['unknown', 'unreadable']).describe('Which of the two.'),
        reason: z.string().describe('Why, in a sentence.'),
      }),
    )
    .describe('The first of those that are unknown or unreadable, in the order of the file.'),
});
export type TruthView = z.infer<typeof TruthView>;
