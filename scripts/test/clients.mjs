// `npm run test:clients`: the clients of other servers, from PyPI, against `trimtab serve`. Where Python or PyPI is missing
// they are skipped, aloud; with --required that is a failure. Installed once, they are part of `npm test`.
import { ensureInstalled, run } from '../lib/ensure-installed.mjs';
import { NoVenv, venv } from '../lib/python-venv.mjs';

const required = process.argv.includes('--required');

ensureInstalled();
// Seldon's client wants libraries from years before those of the others.
for (const [name, file] of [
  ['clients', 'test/clients/requirements.txt'],
  ['clients-seldon', 'test/clients/requirements-seldon.txt'],
]) {
  try {
    venv(name, ['-r', file]);
  } catch (error) {
    if (!(error instanceof NoVenv)) throw error;
    console.log(`skipped: what ${file} names cannot be installed, ${error.message}`);
    if (required) process.exit(1);
  }
}
process.exit(
  run(
    ['vitest', 'vitest.mjs'],
    ['run', 'test/clients', 'test/isolation/checkout.test.ts', '--exclude', '**/schemathesis.test.ts'],
  ),
);
