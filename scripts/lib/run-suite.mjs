import { readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from './ensure-installed.mjs';

/**
 * Runs the tests of a configuration of vitest, with what else the command line says, prints what they counted, and ends
 * the process: with 0 when some passed and none failed.
 *
 * @param name for the report's file
 * @param missing what to ask oneself where the tests wrote no report
 */
export function runSuite(name, config, missing = 'the tests wrote no report') {
  const report = path.join(os.tmpdir(), `trimtab-${name}-${process.pid}.json`);
  const status = run(
    ['vitest', 'vitest.mjs'],
    [
      ...['run', '--config', config, '--reporter=default', '--reporter=json'],
      `--outputFile=${report}`,
      ...process.argv.slice(2),
    ],
  );
  process.exit(countReport(report, status, missing));
}

/** Prints what a report of vitest counts, and takes it away. @returns the status to end with */
export function countReport(report, status, missing = 'the tests wrote no report') {
  let counts = { numPassedTests: 0, numFailedTests: 0 };
  try {
    counts = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    console.error(missing);
  }
  rmSync(report, { force: true });
  const failed = status === 0 ? counts.numFailedTests : Math.max(1, counts.numFailedTests);
  console.log(`\n${counts.numPassedTests} passed, ${failed} failed`);
  return failed === 0 && counts.numPassedTests > 0 ? 0 : 1;
}
