import * as z from 'zod';
import { Instant, ModelName, VersionNumber } from '../model/names.ts';
import { Hour } from '../quality/hour-tallies.ts';

const Count = z.number().int().min(0);

/** Two versions asked about the same requests: of how many the answer of either was bad. */
export const Pairs = z.strictObject({
  n: Count.describe('Requests that both were asked about.'),
  both: Count.describe('Bad of both.'),
  suspectOnly: Count.describe('Bad of the suspect alone.'),
  referenceOnly: Count.describe('Bad of the reference alone.'),
});
export type Pairs = z.infer<typeof Pairs>;

/** At which of the same rows either version was bad, by a rate. */
export const RatePairs = z.strictObject({
  metric: z.string().describe('Name of the rate, as in tallies of truth: `errorRate`.'),
  className: z.string().nullable().describe('Class whose rows it is of; null: all.'),
  pairs: Pairs.describe('At how many of them.'),
  effect: z
    .number()
    .min(1)
    .optional()
    .describe('Rows of one unit are alike: so many of them are worth one; absent: 1.'),
});
export type RatePairs = z.infer<typeof RatePairs>;

/** How the answers that the suspect gave differ from those of the reference about the same rows. */
export const AnswerDifference = z.strictObject({
  n: Count.describe('Rows.'),
  disagree: Count.describe(
    'Rows decided otherwise; of a regression, rows that differ by more than the tolerance, or by more than a tenth of the spread of the reference’s answers.',
  ),
  notFinite: Count.describe('Rows that the suspect answered with something that is no finite number.'),
  distinctInputs: Count.describe('Different rows among them; counted up to 1,000.'),
  distinctAnswers: Count.describe('Different answers of the suspect; counted up to 1,000.'),
  referenceNotFinite: Count.describe('Rows that the reference answered with something that is no finite number.'),
  referenceDistinct: Count.nullable().describe(
    'Different scores of the reference; counted up to 1,000; null: a label is all there is.',
  ),
  rankCorrelation: z
    .number()
    .min(-1)
    .max(1)
    .nullable()
    .describe('Spearman’s rank correlation of the scores; null where it is not defined, or there is no score.'),
});
export type AnswerDifference = z.infer<typeof AnswerDifference>;

/** How a tally was made. */
const Made = z.strictObject({
  captures: z.string().describe('Digest of the keys and etags of the captures that it was made from.'),
  joined: z.string().describe('Digest of those of the joined rows.'),
  complete: z.boolean().describe('Whether no more captures are delivered of the hour.'),
  requests: Count.describe('Requests of the suspect that count, of which some were asked again.'),
  rows: Count.describe('Rows of answered requests that the reference was asked about.'),
  problems: z
    .array(z.string())
    .describe('Why a version could not be asked, or not about all: where it is at fault, its answers count as bad.'),
});

/**
 * What asking again made known of a suspect and the version that it is held against, about requests of one hour that the
 * suspect had while shares of the traffic were the same. Made anew from the captures of the hour, never incremented.
 */
export const ReplayTally = z.strictObject({
  schemaVersion: z.literal(1).describe('Of the form in which it is stored.'),
  model: ModelName,
  suspect: VersionNumber,
  reference: VersionNumber,
  since: Instant.describe('When the shares last changed before those requests, as tallies of quality name it.'),
  hour: Hour.describe('When the requests were made.'),
  asked: Count.describe('Requests of the suspect that were asked again.'),
  notReplayable: Count.describe('Requests whose inputs are not kept as they were.'),
  failures: Pairs.describe('Requests that the suspect failed: does it fail again, does the reference?'),
  slow: Pairs.describe('Requests that the suspect answered slowly: is it slow again, is the reference?'),
  answers: AnswerDifference.describe('How their answers differ.'),
  truth: z.array(RatePairs).describe('Rows of the suspect whose truth is known: which of the two was wrong.'),
  made: Made.optional().describe('How it was made; absent where that is not known.'),
});
export type ReplayTally = z.infer<typeof ReplayTally>;

/** Where replays of a model are kept in the data store. */
export const replaysPrefix = (model: string): string => `quality/${model}/replays/`;

/** Key of a tally; keys of a model are in the order of time, then of the suspect. */
export const replayKey = ({ model, hour, suspect, since }: Pick<ReplayTally, 'model' | 'hour' | 'suspect' | 'since'>) =>
  `${replaysPrefix(model)}${hour}/${suspect}/${since.replaceAll(':', '-')}.json`;
