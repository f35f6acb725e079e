import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The Python that has a client of another server; undefined where it is not installed. Nothing but Node may be needed
 * for the tests: without it they say how to get it.
 *
 * @param module what the client is imported as
 * @param name what it is called
 * @param venv folder under .cache/ that `npm run test:clients` puts it into
 */
export function clientPython(module: string, name: string, venv = 'clients'): string | undefined {
  const python = path.resolve('.cache', venv, 'bin/python');
  if (existsSync(python) && spawnSync(python, ['-c', `import ${module}`]).status === 0) return python;
  process.stderr.write(`skipped: ${name} is not here; npm run test:clients\n`);
  return undefined;
}
