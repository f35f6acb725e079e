import * as z from 'zod';
import { VersionNumber } from '../model/names.ts';
import { MetricFinding } from './comparison.ts';

/** Where what is wrong comes from. */
export const CauseOfHarm = z.enum(['model', 'drift', 'data', 'infrastructure', 'unclear']);
export type CauseOfHarm = z.infer<typeof CauseOfHarm>;

/** What follows. */
export const VerdictAction = z
  .enum(['take-back', 'advance', 'wait', 'retrain', 'hold', 'ask-person', 'none'])
  .describe(
    'take-back: its traffic goes back; advance: the next step; wait: for more evidence; retrain: ask for a new version; hold: leave the release; ask-person: somebody has to decide; none: nothing is wrong.',
  );
export type VerdictAction = z.infer<typeof VerdictAction>;

/** What the judge found about one version. */
export const JudgeVerdict = z.strictObject({
  version: VersionNumber.describe('The version that was judged.'),
  cause: CauseOfHarm.nullable().describe('Where what is wrong comes from; null: nothing is.'),
  action: VerdictAction,
  reason: z.string().describe('Why, in sentences.'),
  findings: z.array(MetricFinding).describe('Every metric, its bound and its margin; those that say most come first.'),
  missing: z.array(z.string()).describe('What evidence is still waited for.'),
  about: z
    .array(z.string())
    .describe('What is wrong with every version: metrics, or columns and what is the matter with them.'),
});
export type JudgeVerdict = z.infer<typeof JudgeVerdict>;
