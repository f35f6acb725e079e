import * as z from 'zod';

/** A number that callers attach to predictions: what they were worth. */
export const BusinessMetric = z.strictObject({
  /** Such as `revenue`; metrics carry it as `Business.revenue`. */
  name: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'a name is lower case letters, digits and _, at most 40'),
  description: z.string().optional(),
  /** For people: `EUR`, `minutes`. */
  unit: z.string().max(20).optional(),
  /** Whether more of it is better: what an A/B test goes by. */
  higherIsBetter: z.boolean().default(true),
  /** Values outside are refused. */
  min: z.number().optional(),
  max: z.number().optional(),
});
export type BusinessMetric = z.infer<typeof BusinessMetric>;

export const BusinessMetrics = z
  .array(BusinessMetric)
  .max(20)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'a name is declared twice')
  .refine(
    (all) => all.every(({ min, max }) => min === undefined || max === undefined || min <= max),
    'min is above max',
  );
