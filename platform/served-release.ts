import * as z from 'zod';

/** What an endpoint answers to `GET /trimtab/v1/models/{m}/release`. */
export const ServedRelease = z.object({
  revision: z.int().min(0),
  champion: z.int().nullable(),
  challenger: z.object({ version: z.int(), weight: z.number() }).nullable(),
});
