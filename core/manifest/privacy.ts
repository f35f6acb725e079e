import * as z from 'zod';

/** `privacy`: what may be done with personal fields beside what the contract says of each. */
export const PrivacySettings = z.strictObject({
  replay: z
    .boolean()
    .default(false)
    .describe(
      'Whether encrypted features of captured requests may be opened to ask another version about them, by the one role for people that may read captures and the privacy secret both. Without it a model that has any cannot be replayed.',
    ),
});
export type PrivacySettings = z.infer<typeof PrivacySettings>;
