// `npm run test:aws-home`: the AWS home against a third-party emulator. Skipped, aloud, where Python or PyPI is missing.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EmulatorUnavailable, startEmulator } from './emulator.mjs';
import { ensureInstalled, root } from './installed.mjs';

ensureInstalled();
let emulator;
try {
  emulator = await startEmulator();
} catch (error) {
  if (!(error instanceof EmulatorUnavailable)) throw error;
  console.log(`skipped: the AWS home is not tested here, ${error.message}`);
  process.exit(0);
}
console.log(`emulator at ${emulator.url}`);
const report = path.join(os.tmpdir(), `trimtab-aws-home-${process.pid}.json`);
const vitest = spawn(
  process.execPath,
  [
    path.join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    ...['run', '--config', 'vitest.emulator.config.ts', '--reporter=default', '--reporter=json'],
    `--outputFile=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ...emulator.env } },
);
// The emulator must not outlive an interrupted run.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => vitest.kill(signal));
const status = await new Promise((resolve) => vitest.on('exit', (code) => resolve(code ?? 1)));
await emulator.stop();
let counts = { numPassedTests: 0, numFailedTests: 0 };
try {
  counts = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  console.error('the tests wrote no report');
}
rmSync(report, { force: true });
const failed = status === 0 ? counts.numFailedTests : Math.max(1, counts.numFailedTests);
console.log(`\n${counts.numPassedTests} passed, ${failed} failed`);
process.exit(failed === 0 && counts.numPassedTests > 0 ? 0 : 1);
