// `npm run test:openapi`: requests that PyPI's schemathesis makes of the OpenAPI document, sent to a real endpoint over
// a socket. Where Python or PyPI is missing it is skipped, aloud; with --required that is a failure.
import path from 'node:path';
import { ensureInstalled, run } from '../lib/ensure-installed.mjs';
import { NoVenv, venv } from '../lib/python-venv.mjs';

const VERSION = '4.32.5';

ensureInstalled();
let program;
try {
  program = path.join(venv(`schemathesis-${VERSION}`, [`schemathesis==${VERSION}`]), 'schemathesis');
} catch (error) {
  if (!(error instanceof NoVenv)) throw error;
  console.log(`skipped: ${error.message}`);
  process.exit(process.argv.includes('--required') ? 1 : 0);
}
process.env.TRIMTAB_SCHEMATHESIS = program;
process.exit(
  run(['vitest', 'vitest.mjs'], ['run', 'test/clients/schemathesis.test.ts', 'test/isolation/checkout.test.ts']),
);
