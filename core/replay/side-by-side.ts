import * as z from 'zod';
import { Instant, VersionNumber } from '../model/names.ts';
import { Metric } from '../quality/metric.ts';
import { RatePairs } from './replay-tally.ts';

const Count = z.number().int().min(0);

/** How one metric came out of both versions on the same rows. */
const ComparedSides = z.strictObject({
  champion: Metric.describe('Of the champion.'),
  version: Metric.describe('Of the version that was registered.'),
});

/** How the answers of one version lie on those rows. */
const SideAnswers = z.strictObject({
  finite: Count.describe('Rows that it answered with a finite number.'),
  distinct: Count.describe('Different ones among those answers.'),
  mostDecided: Count.nullable().describe('Rows that it decided as it decided most; null without classes.'),
});
export type SideAnswers = z.infer<typeof SideAnswers>;

/**
 * What a version and the champion said about the same rows when it was registered. What they differ by later, on other
 * rows, is held against this; it is kept with the version and never changes.
 */
export const SideBySide = z.strictObject({
  champion: VersionNumber.describe('The version that was the champion when this one was registered.'),
  source: z
    .enum(['joined', 'captures', 'reference'])
    .describe(
      'Rows: captured requests whose truths are known, captured requests, or rows of the version’s reference, else of the champion’s.',
    ),
  from: Instant.nullable().describe('Begin of the window of captured requests; null of the reference.'),
  to: Instant.nullable().describe('End of that window, exclusive.'),
  rows: Count.describe('Rows that both were asked about.'),
  disagreement: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('Share of the rows that both decide otherwise, as replay counts it; null without a decision.'),
  rankCorrelation: z
    .number()
    .min(-1)
    .max(1)
    .nullable()
    .describe('Spearman’s rank correlation of the scores; null where it is not defined, or there is no score.'),
  notFinite: Count.describe('Rows that the version answered with something that is no finite number.'),
  answers: z
    .strictObject({
      champion: SideAnswers.describe('Of the champion.'),
      version: SideAnswers.describe('Of the version that was registered.'),
    })
    .optional()
    .describe('How the answers of each lie; absent from what older programs found.'),
  labelled: Count.describe('Rows whose truth is known, which metrics and pairs are of.'),
  metrics: z.record(z.string(), ComparedSides).describe('By name; docs/quality.md defines each.'),
  pairs: z
    .array(RatePairs.required())
    .describe('Which of the two was wrong, row by row; the version is the suspect, the champion the reference.'),
});
export type SideBySide = z.infer<typeof SideBySide>;
