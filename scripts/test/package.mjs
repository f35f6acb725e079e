// `npm run test:package`: packs the package, installs it into an app of its own and uses it there as others would.
import { readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureInstalled, run } from '../lib/ensure-installed.mjs';

ensureInstalled();
const report = path.join(os.tmpdir(), `trimtab-package-${process.pid}.json`);
const status = run(
  ['vitest', 'vitest.mjs'],
  [
    ...['run', '--config', 'vitest.package.config.ts', '--reporter=default', '--reporter=json'],
    `--outputFile=${report}`,
    ...process.argv.slice(2),
  ],
);
let counts = { numPassedTests: 0, numFailedTests: 0 };
try {
  counts = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  console.error('the tests wrote no report: was the package built?');
}
rmSync(report, { force: true });
const failed = status === 0 ? counts.numFailedTests : Math.max(1, counts.numFailedTests);
console.log(`\n${counts.numPassedTests} passed, ${failed} failed`);
process.exit(failed === 0 && counts.numPassedTests > 0 ? 0 : 1);
