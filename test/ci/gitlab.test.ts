import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../temporary-folder.ts';
import { placeProgram } from './job.ts';
import { workflow } from './workflow.ts';

interface GitLabJob {
  readonly extends?: string;
  readonly stage?: string;
  readonly before_script?: readonly string[];
  readonly script?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

const FILE = 'docs/recipes/gitlab-ci.yml';
const pipeline = parse(readFileSync(FILE, 'utf8')) as Record<string, GitLabJob>;
const schema = JSON.parse(readFileSync('test/fixtures/gitlab/ci.schema.json', 'utf8')) as object;
const validate = new Ajv({ strict: false, validateFormats: false, allowUnionTypes: true }).compile(schema);

/** A job with what it extends. */
const jobOf = (name: string): GitLabJob => {
  const job = pipeline[name]!;
  return { ...pipeline.default, ...(job.extends === undefined ? {} : pipeline[job.extends]), ...job };
};

/** What the stand-ins of a job's machine write of how they were called. */
const NOTES = `
require('node:fs').appendFileSync(process.env.NOTES, known.name + ' ' + process.argv.slice(2).join(' ')
  + (known.as ? ' as ' + process.env.AWS_ROLE_ARN : '') + '\\n');
if (known.name === 'npm' && process.argv[3] === 'synth') {
  require('node:fs').mkdirSync('cdk.out'); require('node:fs').writeFileSync('cdk.out/manifest.json', '{}');
}
if (known.name === 'aws') console.log('TRIMTAB_' + (process.argv.join(' ').includes('Serving') ? 'URL\\thttps://x' : 'TABLE\\tt-1'));
`;

describe('the pipeline for GitLab', () => {
  const folder = temporaryFolder('gitlab');
  const notes = path.join(folder, 'notes');
  const tokenFile = path.join(folder, 'token');

  /** Runs a job's lines in one shell, as a runner of GitLab does, with stand-ins for what has the network. */
  const run = (name: string) => {
    const { before_script = [], script = [], variables = {} } = jobOf(name);
    rmSync(notes, { force: true });
    const done = spawnSync('bash', ['-eo', 'pipefail', '-c', [...before_script, ...script].join('\n')], {
      cwd: folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        ...variables,
        PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`,
        NOTES: notes,
        AWS_TOKEN: 'a-token',
        DEPLOY_ROLE: 'role-that-deploys',
        SMOKE_ROLE: 'role-that-asks',
        TMPDIR: folder,
      },
    });
    expect(done.stderr, name).toBe('');
    expect(done.status, name).toBe(0);
    return { said: done.stdout, called: readFileSync(notes, 'utf8').trimEnd().split('\n') };
  };

  beforeAll(() => {
    mkdirSync(path.join(folder, 'bin'));
    for (const name of ['npm', 'npx', 'aws', 'apt-get'])
      placeProgram(path.join(folder, 'bin'), name, NOTES, {
        name,
        as: name === 'npx' || name === 'npm' || name === 'aws',
      });
    placeProgram(path.join(folder, 'bin'), 'mktemp', 'console.log(known.file)', { file: tokenFile });
    cpSync('.github', path.join(folder, '.github'), { recursive: true });
  });

  it('is what GitLab’s schema allows, which refuses what is wrong', () => {
    expect(validate(pipeline), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...pipeline, test: { ...pipeline.test, stage: 3 } })).toBe(false);
    expect(validate({ ...pipeline, staging: { ...pipeline.staging, enviroment: 'staging' } })).toBe(false);
    const { stages } = parse(readFileSync(FILE, 'utf8')) as { stages: string[] };
    for (const name of ['test', 'synth', 'staging', 'prod']) expect(stages, name).toContain(jobOf(name).stage);
  });

  it('deploys by the very commands of the workflows', () => {
    const commands = workflow('deploy').jobs.deploy!.steps!.flatMap(({ run: command = '' }) => command.split('\n'));
    const { script = [] } = jobOf('prod');
    expect(commands).toEqual(expect.arrayContaining([script[0], script[1], script.at(-1)]));
    const packed = workflow('checks').jobs.synth!.steps!.find((step) => step.id === 'pack')!.run!;
    expect(packed).toContain(jobOf('synth').script![1]);
  });

  it('tests, and makes one archive of what is deployed', () => {
    expect(run('test').called).toEqual(['npm ci as undefined', 'npm test as undefined']);
    expect(run('synth').said).toMatch(/^[0-9a-f]{64} {2}assembly\.tar\.gz$/m);
    rmSync(path.join(folder, 'cdk.out'), { recursive: true });
  });

  it('deploys the archive by one role and asks by another, with the token of the job', () => {
    const { called } = run('staging');
    expect(called).toEqual([
      'apt-get update --quiet=2',
      'apt-get install --quiet=2 --yes awscli',
      expect.stringMatching(/^npm ci as/),
      'npx cdk deploy --app cdk.out --build  --require-approval never --progress events Trimtab-staging-* as role-that-deploys',
      expect.stringMatching(
        /^aws cloudformation describe-stacks --stack-name Trimtab-staging-Stateful .* as role-that-asks$/,
      ),
      expect.stringMatching(
        /^aws cloudformation describe-stacks --stack-name Trimtab-staging-Serving .* as role-that-asks$/,
      ),
      'npm run --silent smoke -- --home aws as role-that-asks',
    ]);
    expect(readFileSync(tokenFile, 'utf8')).toBe('a-token');
    expect(readFileSync(path.join(folder, 'cdk.out/manifest.json'), 'utf8')).toBe('{}');
  });
});
