import * as z from 'zod';
import { Hypothesis } from '../experiment/hypothesis.ts';
import { Duration, Moment } from './duration.ts';

const version = z.string().describe('Name of the version');
const at = Moment.describe('When, from time 0');
/** Either of the two says when. */
const WHEN = {
  at: at.optional(),
  afterTakenBack: Duration.optional().describe(
    'Instead of `at`: so long after this version was taken back for the first time, if it is',
  ),
};
const clockAhead = Duration.prefault('0s').describe('How far the clock of the machine that does it is ahead');

/** What a person does. */
export const ScenarioEvent = z
  .discriminatedUnion('do', [
    z.strictObject({
      do: z.literal('release').describe('A version gets all the traffic'),
      version,
      ...WHEN,
      clockAhead,
    }),
    z.strictObject({
      do: z.literal('canary').describe('A canary starts'),
      version,
      ...WHEN,
      steps: z
        .array(z.number().gt(0).max(1))
        .min(1)
        .optional()
        .describe('Its steps. Unless said: those of `model.rollout`'),
      clockAhead,
    }),
    z.strictObject({
      do: z.literal('test').describe('An A/B test starts'),
      version,
      at,
      weight: z.number().gt(0).lt(1).describe('Share of the traffic'),
      hypothesis: Hypothesis.extend({ metric: z.enum(['PredictionError', 'Failure', 'Latency']) }).describe(
        'What is to be found out, as in `trimtab test`',
      ),
    }),
    z.strictObject({
      do: z.literal('promote').describe('A challenger gets all the traffic, whatever its step'),
      version,
      at,
    }),
    z.strictObject({ do: z.literal('lift').describe('The quarantine of a version ends'), version, ...WHEN }),
    z.strictObject({
      do: z.literal('freeze').describe('Automation judges and says, and does nothing, for a time'),
      at,
      until: Moment.describe('When it ends by itself, from time 0; at most 30 days after `at`'),
      reason: z.string().min(1).optional().describe('Why. Unless said: `freeze`'),
    }),
    z.strictObject({ do: z.literal('unfreeze').describe('A freeze ends before its time'), at }),
  ])
  .refine((event) => !('afterTakenBack' in event && event.afterTakenBack !== undefined) !== (event.at === undefined), {
    path: ['at'],
    message: 'one of `at` and `afterTakenBack` says when',
  });
export type ScenarioEvent = z.infer<typeof ScenarioEvent>;

/** What is about one version. */
export type VersionEvent = Extract<ScenarioEvent, { readonly version: string }>;

export const isAboutVersion = (event: ScenarioEvent): event is VersionEvent => 'version' in event;
