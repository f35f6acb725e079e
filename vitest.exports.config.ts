import { defineConfig } from 'vitest/config';
import { BUNDLED_WORKER, CHECKOUT, ISOLATION } from './test/isolation/config.ts';

/** Fifty exports of real libraries (npm run test:exports); a few of them are part of `npm test`. */
export default defineConfig({
  resolve: BUNDLED_WORKER.resolve,
  test: {
    ...ISOLATION,
    globalSetup: [...ISOLATION.globalSetup, ...BUNDLED_WORKER.globalSetup],
    env: { ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 30_000,
    hookTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 1,
    projects: [{ extends: true, test: { name: 'exports', include: ['test/exports/all.test.ts'] } }, CHECKOUT],
  },
});
