// `npm run test:exports`: fifty exports of real libraries from file to served prediction. They are committed, with what
// their libraries answer: Python is needed to make them anew only (test/exports/make_exports.py).
import { ensureInstalled } from '../lib/ensure-installed.mjs';
import { runSuite } from '../lib/run-suite.mjs';

ensureInstalled();
runSuite('exports', 'vitest.exports.config.ts');
