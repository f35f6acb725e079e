/**
 * What runs the commands of a job as they stand: `emulator` the whole job on an emulator of AWS
 * (test/aws/workflow-steps.test.ts), `.ci/run` each of its commands.
 */
export const STEPS_RUN_BY: Readonly<Record<string, 'emulator' | '.ci/run'>> = {
  'checks/test': '.ci/run',
  'checks/story': '.ci/run',
  'checks/emulator': '.ci/run',
  'checks/synth': 'emulator',
  'deploy/deploy': 'emulator',
  'model/release': 'emulator',
  'pull-request/diff': 'emulator',
  'rollback/stack': 'emulator',
  'rollback/model': 'emulator',
};

/** Jobs whose commands nothing here runs, with the reason. */
export const NOT_RUN: Readonly<Record<string, string>> = {
  'preview/assembly':
    'what it synthesizes is held by test/infra/previews.test.ts; what it packs, checks/synth packs alike',
  'preview/preview':
    'the CDK’s function that empties the buckets of what is thrown away needs the SDK of Lambda’s runtime, which the emulator’s has not',
};

/** Commands that `.ci/run` does not run, or not so, with the reason. */
export const NOT_IN_CI_RUN: Readonly<Record<string, string>> = {
  'npm ci': 'the commands of .ci/run begin with it where it has not been run for this lock file (scripts/lib)',
  'npm run test:judge': 'its traffic has to keep time for a minute, which it does not on a machine with other work',
};
