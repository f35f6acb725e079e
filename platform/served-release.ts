import * as z from 'zod';
import type { ServingReport } from './ports.ts';

const Part = z.object({ version: z.int(), weight: z.number() });
const HEAD = { revision: z.int().min(0), champion: z.int().nullable() };

/** What an endpoint answers to `GET /trimtab/v1/models/{m}/release`; one of before knew of one challenger at most. */
export const ServedRelease: z.ZodType<ServingReport, unknown> = z.union([
  z.object({ ...HEAD, challengers: z.array(Part) }),
  z
    .object({ ...HEAD, challenger: Part.nullable() })
    .transform(({ challenger, ...head }) => ({ ...head, challengers: challenger === null ? [] : [challenger] })),
]);
