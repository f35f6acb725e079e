import * as z from 'zod';
import { JudgeVerdict } from '../../core/judge/verdict.ts';
import { VersionNumber } from '../../core/model/names.ts';
import { Freeze } from '../../core/registry/freeze.ts';
import { ReplayTally } from '../../core/replay/replay-tally.ts';

/** What the judge finds now, by the same evaluation that decides, and what it would do. */
export const JudgeStatus = z.strictObject({
  verdicts: z
    .array(JudgeVerdict)
    .describe('Of every version that is judged: challengers, or where there are none the champion.'),
  alarms: z.array(z.string()).describe('Names of the alarms that are up and wake it.'),
  would: z.string().nullable().describe('What it would do now, after "would"; null: nothing.'),
  withheld: z.string().nullable().describe('Why it does not do that; null where it does.'),
  replays: z
    .array(ReplayTally)
    .describe('What asking two versions again about the same requests made known last, of every version with traffic.'),
});
export type JudgeStatus = z.infer<typeof JudgeStatus>;

/** Whether automation does what the judge finds. */
export const AutomationStatus = z.strictObject({
  frozen: Freeze.nullable().describe('The freeze that is in force; null: none.'),
  advises: z.array(VersionNumber).describe('Versions with traffic whose manifest says `rollout.mode: advise`.'),
});
export type AutomationStatus = z.infer<typeof AutomationStatus>;
