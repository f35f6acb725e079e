import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bash, type JobMachine, placeProgram, runJob } from '../ci/job.ts';
import { STEPS_RUN_BY } from '../ci/steps-run-by.ts';
import { becomeAdministrator } from './administrator.ts';
import { copyWithout } from './assembly.ts';
import { bootstrap } from './cdk.ts';
import { ACCOUNT, belowPath, REGION } from './deployment.ts';
import { REFUSED, UNKNOWN_CONDITIONS } from './emulator-gaps.ts';

/** A name that no workflow knows. */
const ENVIRONMENT = 'try-out';
const MODEL = 'flight-delay';
const RUN_ID = '17';
const CONFIG = {
  pipeline: { repository: 'acme/models' },
  environments: { [ENVIRONMENT]: { account: ACCOUNT, region: REGION } },
};
/** What `gh` knows: of run 17, and what was signed. */
const GH = `
const asked = process.argv.slice(2).join(' ');
if (asked === 'api repos/acme/models/actions/runs/17')
  console.log(JSON.stringify({ event: 'push', head_branch: 'main', head_repository: { full_name: 'acme/models' },
    path: '.github/workflows/main.yml', status: 'in_progress', conclusion: null }));
else if (!asked.startsWith('attestation verify assembly.tar.gz --repo acme/models ')) throw new Error('not known here: ' + asked);
`;

/**
 * The jobs that touch AWS, step by step as they stand in the workflows, on the emulator. GitHub is not there: it gives
 * no token for a role, so that everything is done as the account's administrator, and what it knows of runs is told.
 */
describe('the jobs of the workflows', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-jobs-'));
  const workspace = path.join(folder, 'workspace');
  const roles: string[] = [];
  let sha256 = '';

  const machineEnv = (): Record<string, string> => ({
    ...(process.env as Record<string, string>),
    PATH: `${path.join(folder, 'bin')}${path.delimiter}${process.env.PATH}`,
    GITHUB_REPOSITORY: 'acme/models',
    GITHUB_RUN_ID: RUN_ID,
    GITHUB_SERVER_URL: 'https://github.com',
  });

  const run = (file: string, job: string, inputs: Readonly<Record<string, string>> = {}) => {
    expect(STEPS_RUN_BY[`${file}/${job}`]).toBe('emulator');
    const machine: JobMachine = {
      workspace,
      env: machineEnv(),
      expressions: {
        'github.actor': 'ada',
        'github.event.repository.visibility': 'public',
        'github.run_id': RUN_ID,
        'github.token': 'a-token',
        'inputs.environment': ENVIRONMENT,
        'inputs.run-id': RUN_ID,
        'inputs.sha256': sha256,
        'matrix.environment': ENVIRONMENT,
        'needs.checks.outputs.sha256': sha256,
        ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`inputs.${name}`, value])),
      },
      actions: {
        'actions/checkout': () => undefined,
        'actions/setup-node': () => undefined,
        'actions/upload-artifact': ({ name, path: file }) =>
          copyFileSync(path.join(workspace, file!), path.join(folder, name!)),
        'actions/download-artifact': ({ name }) => {
          rmSync(path.join(workspace, 'cdk.out'), { recursive: true, force: true });
          copyFileSync(path.join(folder, name!), path.join(workspace, 'assembly.tar.gz'));
        },
        'aws-actions/configure-aws-credentials': (inputs) => {
          expect(inputs).toMatchObject({ 'aws-region': REGION, 'allowed-account-ids': ACCOUNT });
          roles.push(inputs['role-to-assume']!);
        },
      },
      // Against the lock file, and without a change: the checkout has what it installs.
      envOf: (command) => (command === 'npm ci' ? { npm_config_dry_run: 'true' } : undefined),
      afterRun: (command) => {
        if (command === 'npm run synth') leaveOutGaps();
      },
      // The emulator serves the API below a path, for nothing here resolves its host name.
      exported: (value) => (value.includes('.execute-api.') ? belowPath(value) : value),
    };
    return runJob(file, job, machine);
  };

  /** Leaves out of the assembly what the emulator refuses (docs/emulator-gaps.md). */
  const leaveOutGaps = (): void => {
    const [whole, known] = ['cdk.out', 'emulated.out'].map((name) => path.join(workspace, name)) as [string, string];
    copyWithout(whole, known, { refused: REFUSED, unknown: UNKNOWN_CONDITIONS });
    rmSync(whole, { recursive: true });
    renameSync(known, whole);
  };

  beforeAll(async () => {
    const own = ['.git', '.cache', 'cdk.out', 'dist', 'node_modules'].map((name) => path.resolve(name));
    cpSync('.', workspace, { recursive: true, filter: (file) => !own.includes(path.resolve(file)) });
    symlinkSync(path.resolve('.cache'), path.join(workspace, '.cache'));
    // A folder of links: whatever is removed of it is removed here alone.
    mkdirSync(path.join(workspace, 'node_modules'));
    for (const name of readdirSync('node_modules'))
      symlinkSync(path.resolve('node_modules', name), path.join(workspace, 'node_modules', name));
    writeFileSync(path.join(workspace, 'trimtab.config.json'), JSON.stringify(CONFIG));
    placeProgram(path.join(folder, 'bin'), 'gh', GH, {});
    symlinkSync(process.env.TRIMTAB_AWS_CLI!, path.join(folder, 'bin/aws'));
    await forgetAll();
    await becomeAdministrator();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await forgetAll();
  });

  it('checks/synth: one archive of what is deployed, with its digest', async () => {
    const { outputs, summary } = await run('checks', 'synth');
    expect(outputs['steps.pipeline.outputs.environments']).toBe(JSON.stringify([ENVIRONMENT]));
    sha256 = outputs['steps.pack.outputs.sha256']!;
    expect(summary).toContain(`- run \`${RUN_ID}\`\n- sha256 \`${sha256}\``);
    await bootstrap(`aws://${ACCOUNT}/${REGION}`, path.join(workspace, 'cdk.out'));
  }, 180_000);

  it('pull-request/diff: everything is new', async () => {
    const { summary } = await run('pull-request', 'diff');
    expect(summary).toContain(`### What this would change in ${ENVIRONMENT}`);
    expect(summary).toMatch(/\[\+\] AWS::DynamoDB::GlobalTable/);
    expect(roles.at(-1)).toBe(`arn:aws:iam::${ACCOUNT}:role/trimtab-diff`);
  }, 120_000);

  it('deploy/deploy: the archive, deployed, and asked', async () => {
    const { said } = await run('deploy', 'deploy');
    expect(said).toContain('assembly.tar.gz: OK');
    expect(said).not.toContain('✗');
    expect(roles.slice(-2)).toEqual(
      ['deploy', 'smoke'].map((role) => `arn:aws:iam::${ACCOUNT}:role/trimtab-${ENVIRONMENT}-${role}`),
    );
  }, 300_000);

  it('docs/first-deployment.md: what somebody does who has just deployed', async () => {
    const blocks = shellBlocks('docs/first-deployment.md').slice(-2);
    expect(blocks.map((block) => block.split('\n')[0])).toEqual([
      'export TRIMTAB_HOME=aws AWS_REGION=eu-central-1 $(bash .github/home.sh dev)',
      expect.stringMatching(/^aws s3 cp /),
    ]);
    // The emulator serves the API below a path, for nothing here resolves its host name.
    const home = await bash(`bash .github/home.sh ${ENVIRONMENT}`, workspace, machineEnv());
    const variables = home.text
      .trim()
      .split('\n')
      .map((line) => (line.startsWith('TRIMTAB_URL=') ? `TRIMTAB_URL=${belowPath(line.slice(12))}` : line));
    const script = blocks
      .join('\n')
      .replace('$(bash .github/home.sh dev)', () => variables.map((each) => `'${each}'`).join(' '));
    const { status, text } = await bash(`shopt -s expand_aliases\nset -e\n${script}`, workspace, machineEnv());
    expect(status, text).toBe(0);
    expect(text).not.toContain('✗');
    expect(text).toContain('incoming/flight-delay/2013-07.csv');
    expect(text).toMatch(/champion +1/);
  }, 180_000);

  it('model/release: a version that takes traffic, in the name of who pressed the button', async () => {
    const release = { release: 'all', reason: 'better', folder: `models/${MODEL}/v2` };
    const { summary } = await run('model', 'release', release);
    expect(summary).toMatch(/champion +2/);
  }, 180_000);

  it('rollback/model: the former champion', async () => {
    const { summary } = await run('rollback', 'model', { model: MODEL, to: '1', reason: '' });
    expect(summary).toMatch(/champion +1/);
  }, 120_000);

  it('rollback/stack: looks at every stack, and fails where none is stuck, as the CDK does', async () => {
    const error = await run('rollback', 'stack').then(String, String);
    for (const stack of ['Stateful', 'Serving', 'DataQuality', 'Monitoring', 'Access'])
      expect(error).toContain(`Trimtab-${ENVIRONMENT}-${stack} does not need a rollback: CREATE_COMPLETE`);
  }, 180_000);

  it('docs/removing.md: the commands of every step, after which nothing of the environment is left', async () => {
    const [names, stacks, layers, buckets, rest] = shellBlocks('docs/removing.md').map((block) =>
      block.replaceAll('Trimtab-dev-', `Trimtab-${ENVIRONMENT}-`),
    ) as [string, string, string, string, string];
    const sh = (script: string) => bash(script, workspace, machineEnv());
    const left = await sh(names);
    expect(left.status, left.text).toBe(0);
    const named = (type: string, like = /./): string[] =>
      left.text
        .split('\n')
        .map((line) => line.split('\t'))
        .flatMap(([each, name = '']) => (each === type && like.test(name) ? [name] : []));
    const bucket = (like: RegExp): string => named('AWS::S3::Bucket', like)[0]!;
    const put = (text: string): string =>
      text
        .replace('CAPTURES_BUCKET', bucket(/captures/i))
        .replace('ARTIFACTS_BUCKET', bucket(/artifacts/i))
        .replace('ACCESS_LOGS_BUCKET', bucket(/logs/i))
        .replace('DATA_BUCKET', bucket(/data/i))
        .replaceAll('TABLE', named('AWS::DynamoDB::GlobalTable')[0]!)
        .replace('--key-id KEY', `--key-id ${named('AWS::KMS::Key')[0]}`)
        .replace(/^.*SECRET.*$/m, (line) =>
          named('AWS::SecretsManager::Secret')
            .map((secret) => line.replace('SECRET', secret))
            .join('\n'),
        );
    // Nobody is there to be asked, and what is deployed is in the assembly.
    const answered = stacks.replaceAll('cdk destroy', 'cdk destroy --force --app cdk.out --build ""');
    for (const script of [answered, layers, put(buckets), put(rest)]) {
      const { status, text } = await sh(`set -e\n${script}`);
      expect(status, `${script}\n${text}`).toBe(0);
    }
    const { text } = await sh(
      'aws s3api list-buckets --query "Buckets[].Name"; aws dynamodb list-tables; aws lambda list-layers; ' +
        'aws cloudformation list-stacks --stack-status-filter CREATE_COMPLETE UPDATE_COMPLETE --query "StackSummaries[].StackName"',
    );
    expect(text).not.toContain(`rimtab-${ENVIRONMENT}`);
    expect(text).toContain('CDKToolkit');
  }, 300_000);
});

/** The blocks of a page that are for a shell. */
const shellBlocks = (page: string): string[] =>
  [...readFileSync(page, 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);

/** Empties the emulator, which other tests have used or will use. */
async function forgetAll(): Promise<void> {
  const answer = await fetch(`${process.env.AWS_ENDPOINT_URL}/_ministack/reset`, { method: 'POST' });
  expect(answer.status).toBe(200);
}
