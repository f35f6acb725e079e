import * as z from 'zod';

/** What a look at one thing found. */
export const Finding = z.strictObject({
  name: z.string().describe('What was looked at.'),
  status: z
    .enum(['ok', 'warn', 'fail', 'skipped'])
    .describe('warn is worth a look; skipped could not be looked at, and says why.'),
  found: z.string().describe('What was found.'),
  expected: z.string().nullable().describe('What should have been found; null where it was.'),
  remedy: z.string().nullable().describe('What to do about it; null where nothing is to be done.'),
});
export type Finding = z.infer<typeof Finding>;

/** What is wrong with an installation. */
export const DoctorView = z.strictObject({
  home: z.string().describe('The home that was looked at, as it was named.'),
  findings: z.array(Finding).describe('One a thing that was looked at.'),
});
export type DoctorView = z.infer<typeof DoctorView>;
