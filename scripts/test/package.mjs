// `npm run test:package`: packs the package, installs it into an app of its own and uses it there as others would.
import { ensureInstalled } from '../lib/ensure-installed.mjs';
import { runSuite } from '../lib/run-suite.mjs';

ensureInstalled();
runSuite('package', 'vitest.package.config.ts', 'the tests wrote no report: was the package built?');
