import * as z from 'zod';
import { Hypothesis } from '../experiment/hypothesis.ts';
import { Monitoring, Rollout } from '../manifest/manifest.ts';
import { ModelName } from '../model/names.ts';
import { VersionBehaviour } from './behaviour.ts';
import { Duration, Moment } from './duration.ts';
import { Expectation } from './expectation.ts';
import { VaryingAmount, VaryingShare } from './varying.ts';

const SimulatedModel = z.strictObject({
  name: ModelName.default('model').describe('Name of the model'),
  task: z
    .enum(['binary', 'multi-class', 'regression'])
    .default('binary')
    .describe('What it predicts; decides what of its answers ground truth can judge'),
  classes: z.int().min(2).max(100).default(2).describe('Number of classes of a multi-class model'),
  tolerance: z.number().positive().default(1).describe('Regression: larger errors are wrong'),
  monitoring: Monitoring.prefault({}).describe('`monitoring` of its manifest: alarms and their periods'),
  rollout: Rollout.prefault({}).describe('`rollout` of its manifest: steps, how long they hold, analysis'),
});

const Burst = z.strictObject({
  at: Moment.describe('When they come'),
  every: Duration.optional().describe('Come again after so long …'),
  until: Moment.optional().describe('… and for the last time before this moment'),
  requests: z.int().min(1).default(1).describe('How many requests come at once'),
  rows: z.int().min(1).default(1).describe('Rows of each request: more than 1 is a batch'),
  to: z
    .string()
    .optional()
    .describe('The version that their routing key leads to; absent: they are spread as other requests are'),
  named: z.boolean().default(false).describe('Whether they name the version in their path instead of being routed'),
  outcome: z
    .enum(['right', 'wrong', 'failed', 'invalid'])
    .describe('What becomes of them: invalid ones break the contract and are refused with 400'),
  everyVersion: z
    .boolean()
    .default(false)
    .describe('Whether every version would do the same with them: what replay sees'),
  caller: z.string().default('burst').describe('The principal that sends them'),
  identical: z.boolean().default(false).describe('Whether all have the same rows: retries'),
});
export type Burst = z.infer<typeof Burst>;

const Traffic = z.strictObject({
  rate: VaryingAmount.prefault(1).describe('Requests a second, over all versions'),
  arrivals: z
    .enum(['random', 'regular'])
    .default('random')
    .describe('Whether requests come at random (Poisson) or evenly, and go to versions likewise'),
  daily: z
    .array(z.number().min(0))
    .length(24)
    .optional()
    .describe('Factor of the rate at each hour of the day, from time 0 on'),
  rows: z.int().min(1).default(1).describe('Rows of a request'),
  callers: z
    .strictObject({
      count: z.int().min(1).max(100_000).describe('How many there are, all as busy'),
      routingKeys: z.boolean().default(true).describe('Whether each sends a routing key and so sticks to a version'),
    })
    .optional()
    .describe('Who asks; absent: so many that each request is routed by itself'),
  positives: VaryingShare.prefault(0.5).describe('Binary: share of rows that are truly positive'),
  classes: z
    .array(z.number().min(0))
    .min(2)
    .optional()
    .describe('Multi-class: share of each true class. Unless said: all alike'),
  values: z
    .strictObject({
      mean: z.number().default(0).describe('Mean'),
      deviation: z.number().min(0).default(1).describe('Standard deviation'),
    })
    .prefault({})
    .describe('Regression: the true values, normally distributed'),
  segments: z
    .record(z.string(), z.number().gt(0).max(1))
    .default({})
    .describe('Segments by name, with their share of the rows; the rest is in none'),
  features: z
    .record(
      z.string(),
      z.strictObject({ missing: VaryingShare.prefault(0).describe('Share of rows in which it is empty') }),
    )
    .default({})
    .describe('Columns of the requests, as drift detection sees them'),
  bursts: z.array(Burst).default([]).describe('Requests that come on top: retries, batches, named versions, faults'),
});

const Everywhere = z.strictObject({
  failures: VaryingShare.prefault(0).describe('Share of requests that fail whatever version answers: a dependency'),
  errors: VaryingShare.prefault(0).describe('Share of wrong decisions that no version is below: the world changed'),
  latencyFactor: VaryingAmount.prefault(1).describe('Factor of all times: load'),
  invalid: VaryingShare.prefault(0).describe('Share of requests that break the contract and are refused (400)'),
  violations: VaryingShare.prefault(0).describe('Share of requests with violations that are let pass or mended'),
});

const Truth = z.strictObject({
  share: VaryingShare.prefault(1).describe('Share of rows whose truth is ever known; 0: there is none'),
  delay: Duration.prefault('60s').describe('How long after the prediction it is sent'),
  of: z
    .enum(['all', 'predicted-positives'])
    .default('all')
    .describe('Binary: whether truth exists for every decision, or for positive ones only (credit that was given)'),
  nightly: Duration.optional().describe('All truths are sent by one job, at this time of the day, from time 0 on'),
});

const Replay = z.strictObject({
  captured: z.number().min(0).max(1).default(1).describe('Share of requests whose inputs are kept'),
  overlap: z
    .number()
    .min(0)
    .max(1)
    .default(0.7)
    .describe('How far versions are wrong about the same rows: 1 as far as can be, 0 independently'),
  failures: z
    .enum(['repeat', 'vanish'])
    .default('repeat')
    .describe('Whether a failure of a version is there again when its request is replayed'),
  disagreement: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Share of rows in which versions disagreed when they were registered'),
});

const Change = { at: Moment.describe('When, from time 0'), version: z.string().describe('Name of the version') };
const afterTakenBack = Duration.optional().describe(
  'Instead of `at` alone: so long after this version was taken back, if it was',
);

const ScenarioEvent = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('release').describe('A person gives a version all the traffic'),
    ...Change,
    afterTakenBack,
    clockAhead: Duration.prefault('0s').describe('How far the clock of the machine that releases is ahead'),
  }),
  z.strictObject({
    do: z.literal('canary').describe('A person starts a canary'),
    ...Change,
    afterTakenBack,
    steps: z.array(z.number().gt(0).max(1)).min(1).optional().describe('Its steps. Unless said: those of the manifest'),
    clockAhead: Duration.prefault('0s').describe('How far the clock of the machine that releases is ahead'),
  }),
  z.strictObject({
    do: z.literal('test').describe('A person starts an A/B test'),
    ...Change,
    weight: z.number().gt(0).lt(1).describe('Share of the traffic'),
    hypothesis: Hypothesis.describe('What is to be found out'),
  }),
  z.strictObject({ do: z.literal('promote').describe('A person promotes a challenger, whatever its step'), ...Change }),
  z.strictObject({
    do: z.literal('lift').describe('A person ends the quarantine of a version'),
    ...Change,
    afterTakenBack,
  }),
  z.strictObject({
    do: z.literal('freeze').describe('A person freezes automation'),
    at: Moment.describe('When, from time 0'),
    until: Moment.describe('When it ends by itself'),
  }),
]);
export type ScenarioEvent = z.infer<typeof ScenarioEvent>;

/** What `trimtab simulate` takes: a described traffic, and what happens in it. */
export const Scenario = z
  .strictObject({
    $schema: z.string().optional().describe('URL or path of this schema, for editors'),
    name: z.string().default('scenario').describe('What it is called in results'),
    description: z.string().default('').describe('What it is about'),
    duration: Duration.prefault('1d').describe('How long it goes on from time 0'),
    warmUp: Duration.prefault('1h').describe('Traffic before time 0, under the first version'),
    stopWhenDecided: z
      .boolean()
      .default(false)
      .describe('End a run early, once the suspect is taken back or a canary is promoted'),
    skip: z
      .array(
        z.strictObject({
          from: Moment.describe('Begin of the stretch'),
          to: Moment.describe('End of the stretch'),
        }),
      )
      .default([])
      .describe('Stretches that are passed over: no traffic, no looks. For what happens long after a release'),
    model: SimulatedModel.prefault({}).describe('The model: its task, and what its manifest says'),
    traffic: Traffic.prefault({}).describe('Who asks, how often, about what'),
    versions: z
      .array(VersionBehaviour)
      .min(1)
      .default([{ name: 'champion' }, { name: 'canary' }])
      .describe('Versions in the order of their registration; what one leaves unsaid is as in the first'),
    everywhere: Everywhere.prefault({}).describe('What holds for every version'),
    truth: Truth.prefault({}).describe('When ground truth is known, and of what'),
    replay: Replay.prefault({}).describe('What replaying captured requests shows'),
    ingestionDelay: Duration.prefault('30s').describe('Time until a metric can be read'),
    serving: z
      .strictObject({
        refresh: Duration.prefault('2s').describe('How long a busy endpoint goes on with the release before a change'),
        idleEnvironments: z
          .int()
          .min(0)
          .default(0)
          .describe('Idle environments: each answers its first request after a change by the release before it'),
        maxStale: Duration.optional().describe(
          'Age of its copy at which an environment reads the release before it answers; absent: it never waits',
        ),
      })
      .prefault({})
      .describe('How endpoints follow the release'),
    schedules: z
      .strictObject({
        alarms: Duration.optional().describe(
          'Between two looks at alarms. Unless said: 60 s, 10 s for shorter periods',
        ),
        advance: Duration.optional().describe('Between two looks at rollouts. Unless said: as deployed'),
        truth: Duration.optional().describe('Between two joins of ground truth. Unless said: as deployed'),
      })
      .prefault({})
      .describe('How often functions run'),
    events: z
      .array(ScenarioEvent)
      .optional()
      .describe(
        'What people do. Unless said: the first version is released before the warm-up, and the second, where there is one, starts as canary at 0',
      ),
    suspect: z
      .string()
      .optional()
      .describe('The version that is bad; `none` where nothing is. Unless said: the last one'),
    resolution: Duration.refine((s) => s > 0 && 60 % s === 0, 'a resolution divides a minute')
      .optional()
      .describe(
        'Length of the pieces that traffic is counted in; longer ones are faster and metrics lag as much more. Unless said: 10 s, and 1 s where alarms have shorter periods than 60 s',
      ),
    seeds: z.int().min(1).max(100_000).default(20).describe('How often it is played, with other chances each time'),
    seed: z.int().min(0).default(1).describe('The first seed'),
    expect: Expectation.optional().describe('What must come out; else the command ends with status 1'),
  })
  .superRefine((scenario, context) => {
    const names = scenario.versions.map(({ name }) => name);
    const known = (path: (string | number)[], name: string | undefined, others: string[] = []): void => {
      if (name === undefined || names.includes(name) || others.includes(name)) return;
      const allowed = [...names, ...others].join(', ');
      context.addIssue({ code: 'custom', path, message: `there is no version ${name}; there are: ${allowed}` });
    };
    if (new Set(names).size !== names.length)
      context.addIssue({ code: 'custom', path: ['versions'], message: 'names of versions must be unique' });
    known(['suspect'], scenario.suspect, ['none']);
    for (const [i, event] of (scenario.events ?? []).entries())
      if ('version' in event) known(['events', i, 'version'], event.version);
    for (const [i, { to }] of scenario.traffic.bursts.entries()) known(['traffic', 'bursts', i, 'to'], to);
    const shares = Object.values(scenario.traffic.segments).reduce((sum, share) => sum + share, 0);
    if (shares > 1 + 1e-9)
      context.addIssue({
        code: 'custom',
        path: ['traffic', 'segments'],
        message: `shares of segments sum to ${shares}, at most 1 is allowed`,
      });
    for (const [i, { segments = {} }] of scenario.versions.entries())
      for (const name of Object.keys(segments))
        if (!(name in scenario.traffic.segments))
          context.addIssue({
            code: 'custom',
            path: ['versions', i, 'segments', name],
            message: `there is no segment ${name}; there are: ${Object.keys(scenario.traffic.segments).join(', ') || 'none'}`,
          });
    const { classes } = scenario.traffic;
    if (classes !== undefined && scenario.model.task === 'multi-class' && classes.length !== scenario.model.classes)
      context.addIssue({
        code: 'custom',
        path: ['traffic', 'classes'],
        message: `received shares of ${classes.length} classes, the model has ${scenario.model.classes}`,
      });
  })
  .meta({ title: 'Trimtab simulation scenario', id: 'scenario.json' });
export type Scenario = z.infer<typeof Scenario>;
