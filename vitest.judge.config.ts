import { defineConfig } from 'vitest/config';
import { CHECKOUT, ISOLATION } from './test/isolation/config.ts';

/** The judge over a running installation (npm run test:judge): real graphs, requests, captures and truths. */
export default defineConfig({
  test: {
    ...ISOLATION,
    env: { CDK_VALIDATION: 'false', ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 150_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
    maxConcurrency: 20,
    projects: [{ extends: true, test: { name: 'judge', include: ['test/judge-rows/**/*.test.ts'] } }, CHECKOUT],
  },
});
