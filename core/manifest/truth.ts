import * as z from 'zod';
import { ManifestDuration } from './duration.ts';

/** `truth`: what is known beforehand of the ground truth that predictions will have. */
export const TruthSettings = z.strictObject({
  expected: z
    .boolean()
    .default(true)
    .describe('Whether truth is known to come: then no version is promoted on predictions whose truth is still due.'),
  within: ManifestDuration.default('24h').describe(
    'How old a prediction is when its truth has come; a share that comes later is counted, but not waited for.',
  ),
  of: z
    .enum(['all', 'predicted-positives'])
    .default('all')
    .describe(
      'Which predictions get one. `predicted-positives`: of a binary decision only what was accepted (a refused credit has no outcome). What that leaves open, such as recall, is then not defined.',
    ),
});
export type TruthSettings = z.infer<typeof TruthSettings>;
