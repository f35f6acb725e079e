// `npm run test:tutorials`: the tutorials with what they train and export, not with the exports that are committed. The
// libraries take gigabytes; TRIMTAB_TUTORIAL_PYTHON names a Python that has them. Without Python it is skipped, aloud.
import path from 'node:path';
import { ensureInstalled, run } from '../lib/ensure-installed.mjs';
import { NoVenv, venv } from '../lib/python-venv.mjs';

ensureInstalled();
try {
  process.env.TRIMTAB_TUTORIAL_PYTHON ??= path.join(
    venv('tutorials', ['-r', 'test/tutorials/requirements.txt']),
    'python',
  );
} catch (error) {
  if (!(error instanceof NoVenv)) throw error;
  console.log(`skipped: ${error.message}`);
  process.exit(process.argv.includes('--required') ? 1 : 0);
}
process.exit(run(['vitest', 'vitest.mjs'], ['run', 'test/docs/tutorials.test.ts']));
