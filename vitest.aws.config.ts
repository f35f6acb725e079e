import { defineConfig } from 'vitest/config';
import { CHECKOUT, ISOLATION } from './test/isolation/config.ts';

/** The tests of `npm run test:aws`: two deployments, each used and destroyed step after step, one after the other. */
export default defineConfig({
  test: {
    ...ISOLATION,
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 1,
    bail: 1,
    env: { CDK_VALIDATION: 'false', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    projects: [
      {
        extends: true,
        test: {
          name: 'deployed',
          include: ['test/aws/main-job.test.ts', 'test/aws/two-endpoints.test.ts', 'test/aws/workflow-steps.test.ts'],
        },
      },
      CHECKOUT,
    ],
  },
});
