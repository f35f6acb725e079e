// `npm run test:openapi`: requests that PyPI's schemathesis makes of the OpenAPI document, sent to a real endpoint over
// a socket. Where Python or PyPI is missing it is skipped, aloud; with --required that is a failure.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureInstalled, root, run } from './installed.mjs';

const VERSION = '4.32.5';

/** @returns {string | undefined} the program, or undefined where it cannot be installed */
function install() {
  const venv = path.join(root, '.cache', `schemathesis-${VERSION}`);
  const programs = path.join(venv, process.platform === 'win32' ? 'Scripts' : 'bin');
  const program = path.join(programs, 'schemathesis');
  const works = () => spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout?.includes(VERSION) === true;
  if (works()) return program;
  console.log(`installing schemathesis ${VERSION} into ${path.relative(root, venv)} …`);
  const python = process.platform === 'win32' ? 'python' : 'python3';
  const steps = [
    [python, ['-m', 'venv', '--clear', venv]],
    [path.join(programs, 'python'), ['-m', 'pip', 'install', '--quiet', `schemathesis==${VERSION}`]],
  ];
  for (const [command, args] of steps) {
    const done = spawnSync(command, args, { encoding: 'utf8' });
    if (done.status !== 0) {
      console.log(`skipped: ${(done.error?.message ?? done.stderr).trim().split('\n').at(-1)}`);
      return undefined;
    }
  }
  return works() ? program : undefined;
}

ensureInstalled();
const program = install();
if (program === undefined) process.exit(process.argv.includes('--required') ? 1 : 0);
process.env.TRIMTAB_SCHEMATHESIS = program;
process.exit(run(['vitest', 'vitest.mjs'], ['run', 'test/clients/schemathesis.test.ts']));
