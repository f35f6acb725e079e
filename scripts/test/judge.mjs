// `npm run test:judge`: what the judge must get right, over a running installation: real graphs, requests and truths.
import { readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureInstalled, run } from '../lib/ensure-installed.mjs';

ensureInstalled();
const report = path.join(os.tmpdir(), `trimtab-judge-${process.pid}.json`);
const status = run(
  ['vitest', 'vitest.mjs'],
  [
    ...['run', '--config', 'vitest.judge.config.ts', '--reporter=default', '--reporter=json'],
    `--outputFile=${report}`,
    ...process.argv.slice(2),
  ],
);
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
