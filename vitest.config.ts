import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The emulator suite installs a Python package first; it has its own command (npm run test:aws-home).
    exclude: ['test/emulator/**', 'node_modules/**'],
    env: { CDK_VALIDATION: 'false', ORT_DISABLE_TELEMETRY: '1' },
    isolate: true,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
