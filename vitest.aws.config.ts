import { defineConfig } from 'vitest/config';

/** The tests of `npm run test:aws`: one deployment, used and destroyed step after step. */
export default defineConfig({
  test: {
    include: ['test/aws/main-job.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 1,
    bail: 1,
    env: { CDK_VALIDATION: 'false', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
});
