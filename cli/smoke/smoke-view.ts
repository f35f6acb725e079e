import * as z from 'zod';

/** One thing that was looked at. */
export const SmokeCheck = z.strictObject({
  what: z.string().describe('What was looked at.'),
  ok: z.boolean().describe('Whether it is as it should be.'),
  detail: z.string().describe('What was seen.'),
});
export type SmokeCheck = z.infer<typeof SmokeCheck>;

/** Whether an endpoint does what the ledger says. */
export const SmokeView = z.strictObject({
  url: z.string().describe('The endpoint.'),
  checks: z.array(SmokeCheck).describe('In the order in which they were made; later ones rest on earlier ones.'),
});
export type SmokeView = z.infer<typeof SmokeView>;
