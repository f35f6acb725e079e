import * as z from 'zod';

/**
 * What a shadow's answers are held against before its canary begins: `rollout.shadow` of the manifest. Absent, a canary
 * begins at once.
 */
export const ShadowPolicy = z.strictObject({
  maxDisagreement: z
    .number()
    .gt(0)
    .max(1)
    .default(0.05)
    .describe('Largest share of requests whose answers may disagree.'),
});
export type ShadowPolicy = z.infer<typeof ShadowPolicy>;
