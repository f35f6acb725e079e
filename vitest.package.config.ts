import { defineConfig } from 'vitest/config';
import { CHECKOUT, ISOLATION } from './test/isolation/config.ts';

/** The package as others install it (npm run test:package): packed and installed once, before all tests. */
export default defineConfig({
  test: {
    ...ISOLATION,
    env: { CDK_VALIDATION: 'false', ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
    projects: [
      {
        extends: true,
        test: { name: 'package', include: ['test/package/**/*.test.ts'], globalSetup: ['test/package/setup.ts'] },
      },
      CHECKOUT,
    ],
  },
});
