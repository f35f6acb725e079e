import * as z from 'zod';

/**
 * What an A/B test is to find out, said before it begins. Goes into the ledger with the challenger it is about, so it has no
 * defaults: a later program would read others into it.
 */
export const Hypothesis = z.strictObject({
  metric: z
    .string()
    .min(1)
    .max(255)
    .describe(
      'Metric that decides: one of the endpoint’s (PredictionError, Failure, Latency), or a business metric by its name.',
    ),
  better: z.enum(['lower', 'higher']).describe('Which way is the better one.'),
  rate: z
    .boolean()
    .describe('Whether its samples are 0 or 1, so that means are rates; else they are compared as means.'),
  minEffect: z
    .number()
    .positive()
    .describe(
      'Smallest difference of the means that matters, in the metric’s unit (a rate’s: 0.01 is a percentage point).',
    ),
  alpha: z
    .number()
    .gt(0)
    .max(0.5)
    .describe(
      'Chance of finding a difference where there is none, over the whole test, however often it is looked at.',
    ),
  power: z
    .number()
    .gt(0.5)
    .lt(1)
    .describe('Chance of finding a difference of minEffect; the test goes on until it has it.'),
});
export type Hypothesis = z.infer<typeof Hypothesis>;
