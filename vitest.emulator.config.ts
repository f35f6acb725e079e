import { defineConfig } from 'vitest/config';

/** The tests of scripts/test/emulator.mjs, which starts the emulator that they talk to. */
export default defineConfig({
  test: {
    include: ['test/emulator/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
