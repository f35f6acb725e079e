import * as z from 'zod';

/** Answers that are kept and given again for the same input; absent, none are. */
export const CacheSettings = z.strictObject({
  ttlSeconds: z.number().positive().max(86_400).describe('How long an answer may be given again; seconds.'),
  maxEntries: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .describe('Most answers kept, the least recently used are forgotten first.'),
  maxBytes: z
    .int()
    .min(1_024)
    .max(2 ** 31)
    .default(16 * 1024 * 1024)
    .describe('Most bytes that the answers kept take, about.'),
});
export type CacheSettings = z.infer<typeof CacheSettings>;
