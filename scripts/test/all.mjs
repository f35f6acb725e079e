// `npm test`: installs what is missing, then type check, lint, a look for code that nothing uses, unit and integration tests. Any failure fails the whole.
import { readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureInstalled, run } from '../lib/ensure-installed.mjs';

ensureInstalled();
const extra = process.argv.slice(2);
const report = path.join(os.tmpdir(), `trimtab-tests-${process.pid}.json`);
const steps = [
  ['type check', () => run(['typescript', 'bin', 'tsc'], ['--noEmit'])],
  ['lint', () => run(['@biomejs', 'biome', 'bin', 'biome'], ['check', '.'])],
  // What only tests use is used by nobody: tests do not count as users (knip.json).
  ['unplugged code', () => run(['knip', 'bin', 'knip.js'], ['--production'])],
  [
    'tests',
    () =>
      run(
        ['vitest', 'vitest.mjs'],
        ['run', '--reporter=default', '--reporter=json', `--outputFile=${report}`, ...extra],
      ),
  ],
];
let failed = 0;
for (const [name, step] of steps) {
  const from = Date.now();
  const status = step();
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - from) / 1000).toFixed(1)} s)`);
  if (status !== 0) failed++;
}
// Vitest's own closing line is not of the plain form that scripts look for.
let counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };
try {
  counts = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  failed ||= 1;
}
rmSync(report, { force: true });
const lost = failed > 0 && counts.numFailedTests === 0 ? failed : counts.numFailedTests;
console.log(`\n${counts.numPassedTests} passed, ${lost} failed, ${counts.numPendingTests} skipped`);
process.exit(failed === 0 ? 0 : 1);
