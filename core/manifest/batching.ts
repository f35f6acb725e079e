import * as z from 'zod';

/**
 * How the standalone server may put requests of several callers into one run. Only for a model whose rows do not
 * depend on each other, which its author knows best: without this section nothing is put together.
 */
export const Batching = z.strictObject({
  maxRows: z.int().min(2).max(100_000).default(64).describe('Most rows in one run.'),
  maxDelayMs: z
    .number()
    .min(0)
    .max(1_000)
    .default(5)
    .describe(
      'Longest that a request waits for others while a worker is free, milliseconds; nobody waits while callers are few.',
    ),
});
export type Batching = z.infer<typeof Batching>;
