// `npm run test:judge`: what the judge must get right, over a running installation: real graphs, requests and truths.
import { ensureInstalled } from '../lib/ensure-installed.mjs';
import { runSuite } from '../lib/run-suite.mjs';

ensureInstalled();
runSuite('judge', 'vitest.judge.config.ts');
