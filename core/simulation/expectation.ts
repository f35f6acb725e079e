import * as z from 'zod';

const Range = z.strictObject({
  min: z.number().optional().describe('At least'),
  max: z.number().optional().describe('At most'),
});
export type Range = z.infer<typeof Range>;

/** Bounds of a quantity over the seeds. A time at which nothing happened counts as infinitely late. */
export const QuantityRange = z.strictObject({
  median: Range.optional().describe('Of the middle seed'),
  p90: Range.optional().describe('Of the seed that nine of ten are not above'),
  each: Range.optional().describe('Of every seed'),
});
export type QuantityRange = z.infer<typeof QuantityRange>;

/** What a scenario must come to. Shares are of the seeds, 0 to 1. */
export const Expectation = z.strictObject({
  acted: Range.optional().describe('Share of seeds in which the suspect was taken back'),
  promoted: Range.optional().describe('Share of seeds in which a canary was promoted'),
  falseActions: QuantityRange.optional().describe('Versions taken back that were no suspect'),
  actedAfterSeconds: QuantityRange.optional().describe('From the suspect’s first traffic to its being taken back'),
  promotedAfterSeconds: QuantityRange.optional().describe('From the canary’s start to its promotion'),
  failedAnswersOfSuspect: QuantityRange.optional().describe('Failed answers that the suspect gave'),
  wrongAnswersOfSuspect: QuantityRange.optional().describe('Wrong answers that the suspect gave'),
  answersOfSuspect: QuantityRange.optional().describe('Requests that the suspect answered, well or not'),
  servedAfterTakenBack: QuantityRange.optional().describe('Answers that a version gave after it had been taken back'),
  entries: QuantityRange.optional().describe('Ledger entries that functions wrote from time 0 on'),
  held: QuantityRange.optional().describe('Entries among them that say only that an alarm was looked at'),
  retraining: QuantityRange.optional().describe('Entries among them that ask for retraining'),
  pages: QuantityRange.optional().describe('Alarms that went off: each notifies somebody'),
  reason: z.string().optional().describe('What the reason of the last entry that matters must contain, in every seed'),
});
export type Expectation = z.infer<typeof Expectation>;
