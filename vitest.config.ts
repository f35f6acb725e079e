import { defineConfig } from 'vitest/config';
import { CHECKOUT, CHECKOUT_TEST, ISOLATION } from './test/isolation/config.ts';

/** Tests that synthesize: they want dist/, which is built once for all of them. */
const SYNTHESIZE = ['test/infra/**/*.test.ts'];

export default defineConfig({
  test: {
    ...ISOLATION,
    // What installs something first has its own command: npm run test:aws, npm run test:aws-home, npm run test:package.
    exclude: ['test/aws/main-job.test.ts', 'test/emulator/**', 'test/package/**', 'node_modules/**'],
    env: { CDK_VALIDATION: 'false', ORT_DISABLE_TELEMETRY: '1' },
    isolate: true,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [...SYNTHESIZE, CHECKOUT_TEST] },
      },
      { extends: true, test: { name: 'infra', include: SYNTHESIZE, globalSetup: ['test/infra/setup.ts'] } },
      CHECKOUT,
    ],
  },
});
