import * as z from 'zod';
import { Variant } from '../core/serving/variant.ts';
import type { ProbeReport } from './ports.ts';

/** What an endpoint answers to `GET /trimtab/v1/models/{m}/release`. */
export const ServedRelease: z.ZodType<ProbeReport, unknown> = z.object({
  instance: z.string().optional(),
  revision: z.int().min(0),
  champion: z.int().nullable(),
  challengers: z.array(z.object({ version: z.int(), weight: z.number() })),
  notLoaded: z.array(z.object({ version: z.int(), variant: Variant, reason: z.string() })).optional(),
  paused: z
    .array(
      z.object({
        version: z.int(),
        variant: Variant,
        reason: z.string(),
        failures: z.int(),
        retryInSeconds: z.number(),
      }),
    )
    .optional(),
});
