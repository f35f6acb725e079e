// Tests against a third-party emulator of AWS. `npm run test:aws-home`: the AWS home. `npm run test:aws`: the whole app,
// deployed by the CDK. Where Python or PyPI is missing they are skipped, aloud; with --required that is a failure.
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { ensureInstalled, root } from '../lib/ensure-installed.mjs';
import { countReport } from '../lib/run-suite.mjs';
import { EmulatorUnavailable, installAwsCli, startEmulator } from './aws-emulator.mjs';

const SUITES = {
  home: { config: 'vitest.emulator.config.ts', what: 'the AWS home', emulator: {} },
  deployed: {
    config: 'vitest.aws.config.ts',
    what: 'the deployment',
    emulator: { enforce: true, lambdaNode: true },
    awsCli: true,
  },
};

/** Folder of the Node that Lambda has, for the emulator runs functions on the one that it finds first. */
async function lambdaNodeFolder() {
  const { register } = await import('tsx/esm/api');
  register();
  const { canRunLambdaNode, lambdaNode } = await import('../build/lambda-runtime.ts');
  if (canRunLambdaNode) return path.dirname(lambdaNode());
  console.log(`functions run on Node ${process.versions.node}: Lambda's own does not run on this machine`);
  return undefined;
}

const [name, ...rest] = process.argv.slice(2);
const suite = SUITES[name];
if (!suite) {
  console.error(`the suites are ${Object.keys(SUITES).join(' and ')}, received ${name ?? 'none'}`);
  process.exit(2);
}
const required = rest.includes('--required');
ensureInstalled();
// What a person has set for AWS itself: a profile, a session, another endpoint.
for (const variable of Object.keys(process.env)) if (variable.startsWith('AWS_')) delete process.env[variable];
let emulator;
const programs = {};
try {
  if (suite.awsCli) programs.TRIMTAB_AWS_CLI = path.join(installAwsCli(), 'aws');
  const { lambdaNode, ...options } = suite.emulator;
  emulator = await startEmulator({ ...options, path: lambdaNode ? await lambdaNodeFolder() : undefined });
} catch (error) {
  if (!(error instanceof EmulatorUnavailable)) throw error;
  console.log(`skipped: ${suite.what} is not tested here, ${error.message}`);
  process.exit(required ? 1 : 0);
}
console.log(`emulator at ${emulator.url}`);
const report = path.join(os.tmpdir(), `trimtab-emulator-${process.pid}.json`);
const vitest = spawn(
  process.execPath,
  [
    path.join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    ...['run', '--config', suite.config, '--reporter=default', '--reporter=json'],
    `--outputFile=${report}`,
    ...rest.filter((argument) => argument !== '--required'),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...emulator.env, ...programs, TRIMTAB_EMULATOR: emulator.url },
  },
);
// The emulator must not outlive an interrupted run.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => vitest.kill(signal));
const status = await new Promise((resolve) => vitest.on('exit', (code) => resolve(code ?? 1)));
if (status !== 0) console.error(`the emulator's last lines:\n${emulator.said()}`);
await emulator.stop();
process.exit(countReport(report, status));
