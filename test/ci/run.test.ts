import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

/** Runs .ci/run where npm is a script that knows of each command what it prints and how it ends. */
function ci(npm: string): { status: number | null; lines: string[]; left: string[] } {
  const folder = temporaryFolder('ci');
  cpSync('.ci', path.join(folder, '.ci'), { recursive: true });
  for (const name of ['bin', 'tmp']) mkdirSync(path.join(folder, name));
  writeFileSync(path.join(folder, 'bin/npm'), `#!/usr/bin/env bash\ncase "$*" in\n${npm}\nesac\n`);
  chmodSync(path.join(folder, 'bin/npm'), 0o755);
  const env = {
    ...process.env,
    PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`,
    TMPDIR: path.join(folder, 'tmp'),
  };
  const { status, stdout } = spawnSync(path.join(folder, '.ci/run'), { encoding: 'utf8', env });
  return { status, lines: stdout.trimEnd().split('\n'), left: readdirSync(path.join(folder, 'tmp')) };
}

const table = (lines: readonly string[]): string[] =>
  lines
    .filter((line) => /^(ok|FAILED|not run|total) /.test(line))
    .map((line) => line.replace(/\d+ s/, 'N s').replace(/--home \S+/, '--home FOLDER'));

describe('.ci/run', () => {
  it('says what each part took and adds up what they have counted', () => {
    const { status, lines, left } = ci(`
      test) printf '7 passed, 0 failed, 1 skipped\\n\\n2140 passed, 0 failed, 21 skipped\\n' ;;
      'start -- --exit --home '*'/home --port 0') echo 'every step held' ;;
      'run test:exports') echo '50 passed, 0 failed' ;;
      'run test:package') printf 'on standard error\\n' >&2; printf '\\n9 passed, 0 failed\\n' ;;
      'run test:aws-home -- --required') echo '40 passed, 0 failed'; echo bye ;;
      'run test:aws -- --required test/aws/main-job.test.ts') echo '11 passed, 0 failed' ;;
      'run test:aws -- --required test/aws/two-endpoints.test.ts test/aws/workflow-steps.test.ts') echo '9 passed, 0 failed' ;;
      *) exit 9 ;;`);
    expect(status).toBe(0);
    expect(lines).toContain('on standard error');
    expect(table(lines)).toEqual([
      'ok          N s  npm test',
      'ok          N s  npm start -- --exit --home FOLDER --port 0',
      'ok          N s  npm run test:exports',
      'ok          N s  npm run test:package',
      'ok          N s  npm run test:aws-home -- --required',
      'ok          N s  npm run test:aws -- --required test/aws/main-job.test.ts',
      'ok          N s  npm run test:aws -- --required test/aws/two-endpoints.test.ts test/aws/workflow-steps.test.ts',
      'total       N s',
    ]);
    expect(lines.at(-1)).toBe('2259 passed, 0 failed, 21 skipped');
    expect(left).toEqual([]);
  });

  it('ends with the first part that fails, with its status, and says which that was', () => {
    const { status, lines, left } = ci(`
      test) echo '5 passed, 0 failed, 0 skipped' ;;
      start*) exit 0 ;;
      'run test:exports') exit 0 ;;
      'run test:package') echo '1 passed, 2 failed'; exit 3 ;;
      *) echo 'not to be run' ;;`);
    expect(status).toBe(3);
    expect(lines).not.toContain('not to be run');
    expect(table(lines)).toEqual([
      'ok          N s  npm test',
      'ok          N s  npm start -- --exit --home FOLDER --port 0',
      'ok          N s  npm run test:exports',
      'FAILED      N s  npm run test:package',
      'not run          npm run test:aws-home -- --required',
      'not run          npm run test:aws -- --required test/aws/main-job.test.ts',
      'not run          npm run test:aws -- --required test/aws/two-endpoints.test.ts test/aws/workflow-steps.test.ts',
      'total       N s',
    ]);
    expect(lines.at(-1)).toBe('6 passed, 2 failed, 0 skipped');
    expect(left).toEqual([]);
  });

  it('counts a part that fails without a test that did', () => {
    const { status, lines } = ci("test) echo '5 passed, 0 failed, 0 skipped' ;;\n *) exit 1 ;;");
    expect(status).toBe(1);
    expect(lines.at(-1)).toBe('5 passed, 1 failed, 0 skipped');
  });
});
