import * as z from 'zod';

const Count = z.int().min(0);
const Seconds = z.number().describe('Seconds since time 0');

const CountedRows = z.strictObject({
  rows: Count.describe('Rows answered'),
  wrong: Count.describe('Wrong decisions among them'),
});
export type CountedRows = z.infer<typeof CountedRows>;

/** What a version did in a run, in all. */
export const VersionTotals = z.strictObject({
  name: z.string().describe('Its name in the file'),
  requests: Count.describe('Requests that it got'),
  failed: Count.describe('Requests that failed inside (5xx)'),
  invalid: Count.describe('Requests that were refused (400)'),
  rows: Count.describe('Rows answered'),
  wrong: Count.describe('Wrong decisions, whether or not their truth was ever known'),
  segments: z.record(z.string(), CountedRows).describe('By segment; the empty name stands for none of them'),
  classes: z.array(CountedRows).nullable().describe('By true class; null of a regression, which has none'),
});
export type VersionTotals = z.infer<typeof VersionTotals>;

/** One thing that happened, and how far the suspect had got by then. */
export const TimelineItem = z.strictObject({
  t: Seconds,
  event: z
    .string()
    .describe('Kind of a ledger entry, or what else it was: `alarm`, `drift`, `refused`, `failed`, `left out`'),
  version: z.string().nullable().describe('Which version it is about; null where it is about none'),
  reason: z.string().describe('Why, in words'),
  failedAnswers: Count.describe('Failed answers of the suspect until then'),
  wrongAnswers: Count.describe('Wrong answers of the suspect until then'),
});
export type TimelineItem = z.infer<typeof TimelineItem>;

/** What a person asked for, and the registry refused. */
export const RefusedEvent = z.strictObject({
  t: Seconds,
  do: z.string().describe('What was asked for, as in `events`'),
  version: z.string().nullable().describe('For which version; null where it is about none'),
  reason: z.string().describe('Why it was refused'),
});
export type RefusedEvent = z.infer<typeof RefusedEvent>;

/** How a scenario came out with the chances of one seed. */
export const Run = z.strictObject({
  seed: z.int().describe('What its chances were drawn with'),
  outcome: z
    .enum(['taken-back', 'promoted', 'waiting', 'serving', 'idle'])
    .describe('What became of the suspect; where there is none, of the newest version that had traffic'),
  cause: z
    .string()
    .nullable()
    .describe(
      'Where what is wrong comes from, by the judge: of the entry that took a version back, else of the last one; null: none said',
    ),
  reason: z.string().describe('Reason of that entry; where nothing was taken back, of the last that matters'),
  acted: z.boolean().describe('Whether the suspect was taken back'),
  promoted: z.boolean().describe('Whether a canary was promoted'),
  actedAfterSeconds: z.number().nullable().describe('From the suspect’s first traffic; null: never'),
  falseActionAfterSeconds: z.number().nullable().describe('From time 0 to the first; null: never'),
  promotedAfterSeconds: z.number().nullable().describe('From the canary’s start; null: never'),
  failedAnswersOfSuspect: Count.describe('Failed answers that the suspect gave'),
  wrongAnswersOfSuspect: Count.describe('Wrong answers that the suspect gave'),
  answersOfSuspect: Count.describe('Requests that the suspect got'),
  servedAfterTakenBack: Count.describe('Answers that a version gave after it had been taken back'),
  falseActions: Count.describe('Versions taken back that were no suspect'),
  entries: Count.describe('Ledger entries that functions wrote from time 0 on'),
  held: Count.describe('Entries among them that say only that an alarm was looked at'),
  retraining: Count.describe('Entries among them that ask for retraining'),
  withheld: Count.describe('Entries among them that say what would have been done, were automation let'),
  driftWindows: Count.describe('Windows in which drift was found'),
  pages: Count.describe('How often a person was paged'),
  refused: z.array(RefusedEvent).describe('Events that were refused, and so changed nothing'),
  versions: z.array(VersionTotals).describe('What each version did, in their order'),
});
export type Run = z.infer<typeof Run>;

/** A run, and what happened in it. */
export interface PlayedRun {
  readonly run: Run;
  readonly timeline: readonly TimelineItem[];
}
