import * as z from 'zod';
import { ManifestDuration } from './duration.ts';

/** `truth`: what is known beforehand of the ground truth that predictions will have. */
export const TruthSettings = z.strictObject({
  /** Whether truth is known to come: then no version is promoted on predictions whose truth is still due. */
  expected: z.boolean().default(true),
  /** How old a prediction is when its truth has come; a share that comes later is counted, but not waited for. */
  within: ManifestDuration.default('24h'),
  /**
   * Which predictions get one. `predicted-positives`: of a binary decision only what was accepted (a refused credit has
   * no outcome). What that leaves open, such as recall, is then not defined.
   */
  of: z.enum(['all', 'predicted-positives']).default('all'),
});
export type TruthSettings = z.infer<typeof TruthSettings>;
