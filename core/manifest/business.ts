import * as z from 'zod';

/** A number that callers attach to predictions: what they were worth. */
export const BusinessMetric = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,39}$/, 'a name is lower case letters, digits and _, at most 40')
    .describe('Such as `revenue`; metrics carry it as `Business.revenue`.'),
  description: z.string().optional().describe('What it is, for people.'),
  unit: z.string().max(20).optional().describe('For people: `EUR`, `minutes`.'),
  higherIsBetter: z.boolean().default(true).describe('Whether more of it is better: what an A/B test goes by.'),
  min: z.number().optional().describe('Smallest value; others are refused.'),
  max: z.number().optional().describe('Largest value; others are refused.'),
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
