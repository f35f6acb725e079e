import { defineConfig } from 'vitest/config';
import { CHECKOUT, ISOLATION } from './test/isolation/config.ts';

/** The tests of scripts/test/emulator.mjs, which starts the emulator that they talk to. */
export default defineConfig({
  test: {
    ...ISOLATION,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    projects: [{ extends: true, test: { name: 'home', include: ['test/emulator/**/*.test.ts'] } }, CHECKOUT],
  },
});
