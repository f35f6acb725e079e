import * as z from 'zod';
import { Duration } from './duration.ts';

/** What asking two versions again about captured requests sees. */
export const ReplayDescription = z.strictObject({
  share: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('Share of requests whose inputs are kept as they were, and that are asked again'),
  delay: Duration.prefault('60s').describe('How long after a request it has been asked again'),
});

/** How a version answers when it is asked again, and beside the first version. */
export const REPLAYED = {
  failsAgain: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of its own failed or slow answers that it gives again when asked the same. Unless said: 1'),
  disagreement: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'Share of rows that it decides otherwise than the first version, at registration as later. Unless said: 0.05',
    ),
  rankCorrelation: z
    .number()
    .min(-1)
    .max(1)
    .optional()
    .describe('Rank correlation of its scores with those of the first version, likewise. Unless said: 0.95'),
};

/** Faults of answers that need no truth to be seen. */
export const AnswerFault = z
  .enum(['not-a-number', 'constant', 'shuffled'])
  .describe(
    'What is wrong with its answers since it is served: no numbers, always the same one (negative, or the first class), or those of other requests. Unless said: nothing',
  );
export type AnswerFault = z.infer<typeof AnswerFault>;
