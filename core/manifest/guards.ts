import * as z from 'zod';

/** How many requests one caller may send; a token bucket. */
export const RateLimit = z.strictObject({
  perSecond: z.number().positive().max(1_000_000).describe('Requests a second that a caller may send for ever.'),
  burst: z.int().min(1).max(1_000_000).describe('Requests that a caller may send at once after a pause.'),
});
export type RateLimit = z.infer<typeof RateLimit>;

/** What happens to rows that are unlike anything the baseline has. */
export const OutOfDistribution = z.strictObject({
  action: z.enum(['flag', 'refuse']).describe('`flag` answers and says so, `refuse` answers 400.'),
  share: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.01)
    .describe("Largest share of the baseline's own rows that may be found unusual; what the threshold follows from."),
});
export type OutOfDistribution = z.infer<typeof OutOfDistribution>;

/** How much of its confidence a model tells. */
export const ConfidenceSettings = z.enum(['full', 'top1', 'label-only']);
export type ConfidenceSettings = z.infer<typeof ConfidenceSettings>;

/** What guards a model against hostile callers; what is absent is off. */
export const Guards = z.strictObject({
  rateLimit: RateLimit.optional().describe('How many requests one caller may send; left out: any number.'),
  outOfDistribution: OutOfDistribution.optional().describe(
    'What happens to rows that are unlike anything the baseline has; left out: nothing.',
  ),
  round: z
    .int()
    .min(0)
    .max(15)
    .optional()
    .describe('Decimals that numbers of outputs are rounded to before anybody sees them; left out: all.'),
  confidence: ConfidenceSettings.default('full').describe(
    '`top1` tells the probability of the likeliest class only, `label-only` none at all.',
  ),
});
export type Guards = z.infer<typeof Guards>;
