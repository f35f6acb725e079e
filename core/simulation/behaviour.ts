import * as z from 'zod';
import { VaryingAmount, VaryingShare } from './varying.ts';

/** How a version answers one part of the traffic. */
const RATES = {
  failures: VaryingShare.optional().describe('Share of its requests that fail inside (5xx)'),
  errors: VaryingShare.optional().describe(
    'Share of its decisions that are wrong, of every class alike. Unless said: 0.1',
  ),
  recall: VaryingShare.optional().describe('Binary: share of the positives that it finds. Unless said: 1 - errors'),
  specificity: VaryingShare.optional().describe(
    'Binary: share of the negatives that it leaves alone. Unless said: 1 - errors',
  ),
};

export const SegmentBehaviour = z.strictObject(RATES);
export type SegmentBehaviour = z.infer<typeof SegmentBehaviour>;

export const LatencyBehaviour = z.strictObject({
  medianMs: VaryingAmount.optional().describe('Median time of a request, milliseconds. Unless said: 20'),
  spread: z
    .number()
    .min(0)
    .max(3)
    .optional()
    .describe('Standard deviation of the logarithm of times (they are log-normal). Unless said: 0.3'),
  slow: VaryingShare.optional().describe('Share of requests that take slowMs instead. Unless said: 0'),
  slowMs: z.number().positive().optional().describe('Time of those, milliseconds. Unless said: 1000'),
});

/** What a version does. What is not said is as in the first version of the scenario. */
export const VersionBehaviour = z.strictObject({
  name: z.string().min(1).max(40).describe('How the rest of the scenario, and the results, call it'),
  ...RATES,
  swaps: z
    .array(z.tuple([z.int().min(0), z.int().min(0)]))
    .optional()
    .describe('Multi-class: pairs of classes that it takes for each other, by number from 0'),
  scale: z.number().optional().describe('Regression: factor of its predictions, 1.5 for a wrong unit. Unless said: 1'),
  bias: z.number().optional().describe('Regression: what its predictions are too high by, on average. Unless said: 0'),
  noise: z
    .number()
    .min(0)
    .optional()
    .describe('Regression: standard deviation of its errors. Unless said: as much as makes `errors` of them wrong'),
  scores: z
    .enum(['honest', 'not-a-number', 'constant', 'shuffled'])
    .optional()
    .describe(
      'What its scores are like: honest follow the truth as errors say; shuffled are honest scores of other requests',
    ),
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
