import * as z from 'zod';
import { AnswerFault, REPLAYED } from './replay-fields.ts';
import { VaryingShare, varyingAmount } from './varying.ts';

/** How a version answers one part of the traffic. */
const RATES = {
  failures: VaryingShare.optional().describe('Share of its requests that fail inside (5xx). Unless said: 0'),
  errors: VaryingShare.optional().describe(
    'Share of its decisions that are wrong, of every class alike. Unless said: 0.1',
  ),
  recall: VaryingShare.optional().describe('Binary: share of the positives that it finds. Unless said: 1 - errors'),
  specificity: VaryingShare.optional().describe(
    'Binary: share of the negatives that it leaves alone. Unless said: 1 - errors',
  ),
};

/** What is different in a segment; a field that is absent there is as outside of it. */
export const SegmentBehaviour = z.strictObject({
  failures: VaryingShare.optional().describe('Share of its requests there that fail inside. Unless said: as elsewhere'),
  errors: VaryingShare.optional().describe('Share of its decisions there that are wrong. Unless said: as elsewhere'),
  recall: VaryingShare.optional().describe(
    'Binary: share of the positives there that it finds. Unless said: 1 - errors there, or as elsewhere',
  ),
  specificity: VaryingShare.optional().describe(
    'Binary: share of the negatives there that it leaves alone. Unless said: 1 - errors there, or as elsewhere',
  ),
});
export type SegmentBehaviour = z.infer<typeof SegmentBehaviour>;

export const LatencyBehaviour = z.strictObject({
  medianMs: varyingAmount(3_600_000).optional().describe('Median time of a request, milliseconds. Unless said: 20'),
  spread: z
    .number()
    .min(0)
    .max(3)
    .optional()
    .describe('Standard deviation of the logarithm of times (they are log-normal). Unless said: 0.3'),
  slow: VaryingShare.optional().describe('Share of requests that take slowMs instead. Unless said: 0'),
  slowMs: z.number().positive().max(3_600_000).optional().describe('Time of those, milliseconds. Unless said: 1000'),
});

/** What a version does. What is not said is as in the first version of the scenario. */
export const VersionBehaviour = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(40)
    .refine((name) => name !== 'none', 'none stands for no version')
    .describe('How the rest of the scenario, and the results, call it'),
  ...RATES,
  swaps: z
    .array(z.tuple([z.int().min(0).max(99), z.int().min(0).max(99)]))
    .optional()
    .describe('Multiclass: pairs of classes that it takes for each other, by number from 0'),
  scale: z
    .number()
    .min(-1_000)
    .max(1_000)
    .optional()
    .describe('Regression: factor of its predictions, 1.5 for a wrong unit. Unless said: 1'),
  bias: z
    .number()
    .min(-1e9)
    .max(1e9)
    .optional()
    .describe('Regression: what its predictions are too high by, on average. Unless said: 0'),
  noise: z
    .number()
    .min(0)
    .max(1e9)
    .optional()
    .describe('Regression: standard deviation of its errors. Unless said: as much as makes `errors` of them wrong'),
  answers: AnswerFault.optional(),
  ...REPLAYED,
  latency: LatencyBehaviour.optional().describe('How long its answers take'),
  segments: z
    .record(z.string(), SegmentBehaviour)
    .optional()
    .describe('What is different in a segment of the traffic, by its name'),
  referenceErrors: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of wrong decisions on its reference (baseline.json). Unless said: its own before any change'),
});
export type VersionBehaviour = z.infer<typeof VersionBehaviour>;
