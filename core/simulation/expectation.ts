import * as z from 'zod';

const bounds = (value: z.ZodNumber) =>
  z
    .strictObject({
      min: value.optional().describe('At least'),
      max: value.optional().describe('At most'),
    })
    .refine(({ min, max }) => min !== undefined || max !== undefined, 'needs min or max')
    .refine(({ min, max }) => min === undefined || max === undefined || min <= max, 'min is above max');

const Bounds = bounds(z.number());
export type Bounds = z.infer<typeof Bounds>;

const ShareBounds = bounds(z.number().min(0).max(1));

/** Bounds of a quantity over the seeds. A time at which nothing happened counts as infinitely late. */
export const QuantityBounds = z.strictObject({
  median: Bounds.optional().describe('Of the middle seed'),
  p90: Bounds.optional().describe('Of the seed that nine of ten are not above'),
  each: Bounds.optional().describe('Of every seed'),
});
export type QuantityBounds = z.infer<typeof QuantityBounds>;

/** What a scenario must come to. Shares are of the seeds, 0 to 1. */
export const Expectation = z.strictObject({
  acted: ShareBounds.optional().describe('Share of seeds in which the suspect was taken back'),
  promoted: ShareBounds.optional().describe('Share of seeds in which a canary was promoted'),
  cause: z
    .string()
    .optional()
    .describe(
      'Where what is wrong comes from, wherever the judge said it: model, drift, data, infrastructure, unclear',
    ),
  falseActions: QuantityBounds.optional().describe('Versions taken back that were no suspect'),
  actedAfterSeconds: QuantityBounds.optional().describe('From the suspect’s first traffic to its being taken back'),
  falseActionAfterSeconds: QuantityBounds.optional().describe('From time 0 to the first false action'),
  promotedAfterSeconds: QuantityBounds.optional().describe('From the canary’s start to its promotion'),
  failedAnswersOfSuspect: QuantityBounds.optional().describe('Failed answers that the suspect gave'),
  wrongAnswersOfSuspect: QuantityBounds.optional().describe('Wrong answers that the suspect gave'),
  answersOfSuspect: QuantityBounds.optional().describe('Requests that the suspect answered, well or not'),
  servedAfterTakenBack: QuantityBounds.optional().describe('Answers that a version gave after it had been taken back'),
  entries: QuantityBounds.optional().describe('Ledger entries that functions wrote from time 0 on'),
  held: QuantityBounds.optional().describe('Entries among them that say only that an alarm was looked at'),
  retraining: QuantityBounds.optional().describe('Entries among them that ask for retraining'),
  withheld: QuantityBounds.optional().describe('Entries among them that say what would have been done'),
  driftWindows: QuantityBounds.optional().describe('Windows in which drift was found'),
  pages: QuantityBounds.optional().describe('How often somebody was paged'),
  reason: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe(
      'What the reason of the entry that took a version back, else of the last one, must contain in every seed, or all that it must',
    ),
});
export type Expectation = z.infer<typeof Expectation>;
