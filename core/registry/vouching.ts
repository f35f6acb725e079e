import * as z from 'zod';
import { Instant } from '../model/names.ts';

/** Who says on purpose that entries without a seal are what was written. */
export const Vouching = z.strictObject({
  by: z.string().min(1).describe('Who vouches: `user:ada`.'),
  at: Instant.describe('When.'),
  reason: z.string().min(1).describe('Why, word for word.'),
});
export type Vouching = z.infer<typeof Vouching>;
