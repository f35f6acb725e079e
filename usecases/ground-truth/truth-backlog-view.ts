import * as z from 'zod';
import { Instant } from '../../core/model/names.ts';
import { RejectedTruthKind } from '../quality/rejected-truths.ts';

const Count = z.int().min(0);

/** Truths that are not joined with predictions: what is on its way, and what was put aside. */
export const TruthBacklog = z.strictObject({
  arrived: z
    .strictObject({
      files: Count.describe('Files and requests of truths that no run of the join has taken yet.'),
      since: Instant.nullable().describe('When the oldest of them came; null without any.'),
    })
    .describe('What came and was not looked at yet.'),
  waiting: z
    .strictObject({
      truths: Count.describe('Truths whose predictions were not found yet: their captures may be on their way.'),
      since: Instant.nullable().describe('Since when the first of them has waited; null without any.'),
    })
    .describe('What is looked for again, for two hours.'),
  rejected: z
    .array(
      z.strictObject({
        kind: RejectedTruthKind.describe(
          'unknown: no captured prediction has the id; malformed: no record of truth; unfit: nothing that the decision could be; held: what is known of its hour cannot be read.',
        ),
        count: z.int().min(1).describe('How many.'),
        reason: z.string().describe('Why the last one was not joined.'),
      }),
    )
    .describe('What was put aside within the days; each with its reason under `kept`.'),
  days: z.int().min(1).describe('Days that `rejected` looks back.'),
  kept: z.string().describe('Where the store of data keeps what was put aside.'),
});
export type TruthBacklog = z.infer<typeof TruthBacklog>;
