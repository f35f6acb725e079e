import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const VENV = '.cache/clients';

/**
 * The Python that has a client of another server; undefined where it is not installed. Nothing but Node may be needed
 * for the tests: without it they say how to get it.
 */
export function clientPython(module: string, name: string): string | undefined {
  const python = path.resolve(VENV, 'bin/python');
  if (existsSync(python) && spawnSync(python, ['-c', `import ${module}`]).status === 0) return python;
  process.stderr.write(
    `skipped: ${name} is not here; python3 -m venv ${VENV} && ${VENV}/bin/pip install -r test/clients/requirements.txt\n`,
  );
  return undefined;
}
