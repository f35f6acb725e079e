import { defineConfig } from 'vitest/config';

/** The package as others install it (npm run test:package): packed and installed once, before all tests. */
export default defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    globalSetup: 'test/package/setup.ts',
    env: { CDK_VALIDATION: 'false', ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
  },
});
