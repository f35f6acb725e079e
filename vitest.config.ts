import { defineConfig } from 'vitest/config';
import { BUNDLED_WORKER, CHECKOUT, CHECKOUT_TEST, ISOLATION, SHARED } from './test/isolation/config.ts';

/** Tests that synthesize: they want dist/, which is built once for all of them. */
const SYNTHESIZE = ['test/infra/**/*.test.ts'];
/**
 * Tests that call what they test, and leave their process as they found it. They share processes, for starting one for
 * every file, and loading the libraries in it, costs more than most of the tests do.
 */
const SHARING = [
  'test/*.test.ts',
  'test/{cli,core,docs,events,exports,functions,local-runtime,models,platform,simulation,usecases}/**/*.test.ts',
];

export default defineConfig({
  resolve: BUNDLED_WORKER.resolve,
  test: {
    ...ISOLATION,
    globalSetup: [...ISOLATION.globalSetup, ...BUNDLED_WORKER.globalSetup],
    // What installs something first has its own command: npm run test:aws, npm run test:aws-home, npm run test:package;
    // and so has what takes a minute: npm run test:judge, npm run test:exports.
    exclude: [
      'test/aws/main-job.test.ts',
      'test/aws/two-endpoints.test.ts',
      'test/aws/workflow-steps.test.ts',
      'test/emulator/**',
      'test/exports/all.test.ts',
      'test/judge-rows/**',
      'test/package/**',
      'node_modules/**',
    ],
    env: { CDK_VALIDATION: 'false', ORT_DISABLE_TELEMETRY: '1' },
    isolate: true,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'processes',
          include: ['test/**/*.test.ts'],
          exclude: [...SHARING, ...SYNTHESIZE, 'test/judge-rows/**', CHECKOUT_TEST],
        },
      },
      { extends: true, test: { ...SHARED, name: 'unit', include: SHARING } },
      { extends: true, test: { ...SHARED, name: 'infra', include: SYNTHESIZE, globalSetup: ['test/infra/setup.ts'] } },
      CHECKOUT,
    ],
  },
});
