// Virtual environments of Python for optional tests, under .cache/. Plain JavaScript, no imports from node_modules.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './ensure-installed.mjs';

/** Why there is none: no Python, or a package that cannot be had. */
export class NoVenv extends Error {}

/**
 * Makes an environment that holds exactly what is asked for, unless it is there.
 *
 * @param {string} name folder under .cache/
 * @param {string[]} packages arguments of `pip install`; a file of requirements is `['-r', file]`, from the checkout
 * @returns {string} the folder of its programs
 * @throws {NoVenv}
 */
export function venv(name, packages) {
  const folder = path.join(root, '.cache', name);
  const programs = path.join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');
  const files = packages.filter((_, i) => packages[i - 1] === '-r').map((file) => readFileSync(path.join(root, file)));
  const wanted = createHash('sha256').update(JSON.stringify(packages)).update(Buffer.concat(files)).digest('hex');
  const stamp = path.join(folder, '.trimtab-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return programs;
  console.log(`installing ${packages.join(' ')} into ${path.relative(root, folder)} …`);
  const python = process.platform === 'win32' ? 'python' : 'python3';
  const steps = [
    [python, ['-m', 'venv', '--clear', folder]],
    [path.join(programs, 'python'), ['-m', 'pip', 'install', '--quiet', ...packages]],
  ];
  for (const [command, args] of steps) {
    const done = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
    if (done.status !== 0) throw new NoVenv((done.error?.message ?? done.stderr).trim().split('\n').at(-1));
  }
  writeFileSync(stamp, wanted);
  return programs;
}
