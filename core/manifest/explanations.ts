import * as z from 'zod';
import { MAX_PARTS } from '../explain/grid.ts';

/** How predictions of a model are explained. */
export const Explanations = z.strictObject({
  budgetMs: z
    .int()
    .min(1)
    .max(25_000)
    .default(2_000)
    .describe("How long working out an answer's values may take, milliseconds; then what is known is given."),
  permutations: z
    .int()
    .min(1)
    .max(1_000)
    .default(2)
    .describe('Sampled values: orders of the features that are walked (there and back) for each background row.'),
  backgroundRows: z
    .int()
    .min(1)
    .max(1_000)
    .default(100)
    .describe(
      'Rows of the background: that many are kept of the reference, unless anything is personal, and compared with.',
    ),
  grid: z
    .int()
    .min(1)
    .max(MAX_PARTS)
    .default(5)
    .describe('Whole tensors: most parts that a side is cut into; as many as there is time for.'),
  maxRows: z.int().min(1).max(1_000).default(64).describe('Most rows in one request.'),
});
export type Explanations = z.infer<typeof Explanations>;
