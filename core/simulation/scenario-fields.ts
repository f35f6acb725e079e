import * as z from 'zod';
import { Monitoring, Rollout } from '../manifest/manifest.ts';
import { TruthSettings } from '../manifest/truth.ts';
import { ModelName } from '../model/names.ts';
import { VersionBehaviour } from './behaviour.ts';
import { Duration, Moment, PositiveDuration } from './duration.ts';
import { ScenarioEvent } from './event.ts';
import { Expectation } from './expectation.ts';
import { ReplayDescription } from './replay-fields.ts';
import { TrafficDescription } from './traffic.ts';
import { VaryingShare, varyingAmount } from './varying.ts';

const SimulatedModel = z.strictObject({
  name: ModelName.default('model').describe('Name of the model'),
  task: z
    .enum(['binary', 'multiclass', 'regression'])
    .default('binary')
    .describe('What it predicts; decides what of its answers ground truth can judge'),
  classes: z.int().min(2).max(100).optional().describe('Multiclass: number of classes. Unless said: 3'),
  tolerance: z.number().positive().optional().describe('Regression: larger errors are wrong. Unless said: 1'),
  // What of a manifest no simulation has is left out of it, so that nothing is said in vain.
  monitoring: Monitoring.omit({ business: true })
    .prefault({})
    .describe('`monitoring` of its manifest: alarms and their periods, drift'),
  rollout: Rollout.omit({ shadow: true })
    .prefault({})
    .describe('`rollout` of its manifest: steps, how long they hold, and until when a release is young'),
  truth: z
    .strictObject({ expected: TruthSettings.shape.expected.describe('Whether truth is known to come') })
    .optional()
    .describe('`truth` of its manifest: whether truth is known to come. Unless said: nothing'),
});

const Everywhere = z.strictObject({
  failures: VaryingShare.prefault(0).describe('Share of requests that fail whatever version answers: a dependency'),
  errors: VaryingShare.prefault(0).describe(
    'Share of wrong decisions that no version is below: the population or the concept changed',
  ),
  latencyFactor: varyingAmount(1_000).prefault(1).describe('Factor of all times: load'),
  invalid: VaryingShare.prefault(0).describe('Share of requests that break the contract and are refused (400)'),
  violations: VaryingShare.prefault(0).describe('Share of requests with violations that are let pass or mended'),
});

const Truth = z.strictObject({
  share: VaryingShare.prefault(1).describe('Share of rows whose truth is ever known; 0: there is none'),
  delay: Duration.prefault('60s').describe('How long after the prediction it is sent'),
  of: z
    .enum(['all', 'predicted-positives'])
    .optional()
    .describe(
      'Binary: whether truth exists for every decision, or for positive ones only (credit that was given). Unless said: all',
    ),
  nightly: Duration.refine((s) => s < 86_400, 'is a time of the day, below 24h')
    .optional()
    .describe('All truths are sent by one job, at this time of the day, from time 0 on'),
});

const Serving = z.strictObject({
  refresh: Duration.prefault('2s').describe('How long a busy endpoint goes on with the release before a change'),
  idleEnvironments: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('Idle environments: each answers its first request after a change by the release before it'),
});

const Schedules = z.strictObject({
  alarms: PositiveDuration.optional().describe(
    'Between two looks at alarms. Unless said: 60 s, and 10 s for periods shorter than that',
  ),
  advance: PositiveDuration.optional().describe('Between two looks at rollouts. Unless said: as deployed, 60 s'),
  truth: PositiveDuration.optional().describe('Between two joins of ground truth. Unless said: as deployed, 60 s'),
  drift: PositiveDuration.optional().describe('Between two looks at drift. Unless said: as deployed, 1 h'),
});

const MAX_DAYS = 366;

/** The versions of a scenario that names none. */
export const DEFAULT_VERSIONS = [{ name: 'champion' }, { name: 'canary' }];

/** The fields of a scenario: what `trimtab simulate` takes. */
export const ScenarioFields = z.strictObject({
  $schema: z.string().optional().describe('URL or path of this schema, for editors'),
  schemaVersion: z.literal(1).default(1).describe('Version of this format'),
  name: z.string().min(1).max(100).default('scenario').describe('What it is called in results'),
  description: z.string().default('').describe('What it is about'),
  note: z.string().default('').describe('What one should know of its result; shown with it'),
  duration: PositiveDuration.refine((s) => s <= MAX_DAYS * 86_400, `at most ${MAX_DAYS}d`)
    .prefault('1d')
    .describe('How long it goes on from time 0, at most 366d'),
  warmUp: Duration.refine((s) => s <= 31 * 86_400, 'at most 31d')
    .optional()
    .describe(
      'Traffic before time 0, under the first version, at most 31d; not with `events`, whose first release begins the traffic. Unless said: 1h',
    ),
  stopWhenDecided: z
    .boolean()
    .default(false)
    .describe('End a run early, once the suspect is taken back, or a canary is promoted, or a good version taken back'),
  skip: z
    .array(
      z
        .strictObject({
          from: Moment.describe('Begin of the stretch'),
          to: Moment.describe('End of the stretch'),
        })
        .refine(({ from, to }) => to > from, { path: ['to'], message: 'must be after `from`' }),
    )
    .default([])
    .describe('Stretches that are passed over: no traffic, no looks. For what happens long after a release'),
  model: SimulatedModel.prefault({}).describe('The model: its task, and what its manifest says'),
  traffic: TrafficDescription.prefault({}).describe('Who asks, how often, about what'),
  versions: z
    .array(VersionBehaviour)
    .min(1)
    .max(100)
    .default(DEFAULT_VERSIONS)
    .describe('Versions in the order of their registration; what one leaves unsaid is as in the first'),
  everywhere: Everywhere.prefault({}).describe('What holds for every version'),
  truth: Truth.prefault({}).describe('When ground truth is known, and of what'),
  replay: ReplayDescription.optional().describe(
    'What asking the versions again about captured requests shows. Unless said: nothing is asked again',
  ),
  ingestionDelay: Duration.prefault('30s').describe('Time until a metric can be read'),
  serving: Serving.prefault({}).describe('How endpoints follow the release'),
  schedules: Schedules.prefault({}).describe('How often functions run'),
  events: z
    .array(ScenarioEvent)
    .max(1_000)
    .optional()
    .describe(
      'What people do. Unless said: the first version is released before the warm-up, and the second, where there is one, starts as canary at 0',
    ),
  suspect: z
    .string()
    .optional()
    .describe('The version that is bad; `none` where nothing is. Unless said: the last one'),
  resolution: PositiveDuration.refine((s) => 60 % s === 0, 'a resolution divides a minute')
    .optional()
    .describe(
      'Length of the pieces that traffic is counted in, a divisor of 60 s; longer ones are faster and metrics lag as much more. Unless said: 10 s, and 1 s where alarms have shorter periods than 60 s',
    ),
  seeds: z.int().min(1).max(100_000).default(20).describe('How often it is played, with other chances each time'),
  seed: z.int().min(0).max(2_000_000_000).default(1).describe('The first seed'),
  expect: Expectation.optional().describe('What must come out; else the command ends with status 1'),
});
export type ScenarioFields = z.infer<typeof ScenarioFields>;
