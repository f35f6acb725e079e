import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { workflow } from './workflow.ts';

const root = temporaryFolder('ci');

/** Runs a step's script as GitHub does, with pipefail. */
const run = (script: string, cwd: string, env: Record<string, string> = {}) =>
  spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });

/** Puts a program of a job's machine into a folder: written in JavaScript, with what it knows. */
function standIn(folder: string, name: string, program: string, known: object): Record<string, string> {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const script = `#!${process.execPath}\nconst known = ${JSON.stringify(known)};\n${program}`;
  writeFileSync(path.join(bin, name), script);
  chmodSync(path.join(bin, name), 0o755);
  return { PATH: `${bin}:${process.env.PATH}` };
}

/** AWS's command line: evaluates the query by AWS's own library, and writes rows as it does. */
const AWS = `
const { search } = require(${JSON.stringify(path.resolve('node_modules/jmespath'))});
const option = (name) => process.argv[process.argv.indexOf(name) + 1];
const stack = option('--stack-name');
const Outputs = known.outputs[stack.replace('Trimtab-prod-', '')];
if (!Outputs) throw new Error('Stack with id ' + stack + ' does not exist');
for (const row of search({ Stacks: [{ StackName: stack, Outputs }] }, option('--query'))) console.log(row.join('\\t'));
`;

const stepOf = (name: string, job: string, what: RegExp): string =>
  workflow(name).jobs[job]!.steps!.find((step) => what.test(step.run ?? ''))!.run!;

describe('the scripts of the workflows', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(root, 'job-'));
  });

  describe('the assembly', () => {
    const pack = (): { sha256: string; archive: Buffer } => {
      const output = path.join(folder, 'output');
      writeFileSync(output, '');
      const done = run(stepOf('checks', 'synth', /tar --sort/), folder, { GITHUB_OUTPUT: output });
      expect(done.stderr).toBe('');
      return {
        sha256: /^sha256=([0-9a-f]{64})$/m.exec(readFileSync(output, 'utf8'))![1]!,
        archive: readFileSync(path.join(folder, 'assembly.tar.gz')),
      };
    };
    /** The steps of `deploy` that check the archive and unpack it; the next begins when the one before has succeeded. */
    const unpack = (sha256: string) => {
      const checked = run(stepOf('deploy', 'deploy', /sha256sum --check/), folder, { SHA256: sha256 });
      return checked.status === 0 ? run(stepOf('deploy', 'deploy', /^tar -xzf/), folder) : checked;
    };

    beforeEach(() => {
      mkdirSync(path.join(folder, 'cdk.out/asset.1'), { recursive: true });
      writeFileSync(path.join(folder, 'cdk.out/manifest.json'), '{}');
      writeFileSync(path.join(folder, 'cdk.out/asset.1/index.js'), 'code');
    });

    it('is packed the same from the same content, whenever it was written', () => {
      const { sha256 } = pack();
      utimesSync(path.join(folder, 'cdk.out/manifest.json'), 1, 1);
      expect(pack().sha256).toBe(sha256);
      writeFileSync(path.join(folder, 'cdk.out/manifest.json'), '{ }');
      expect(pack().sha256).not.toBe(sha256);
    });

    it('arrives whole at whoever deploys it', () => {
      const { sha256 } = pack();
      rmSync(path.join(folder, 'cdk.out'), { recursive: true });
      expect(unpack(sha256)).toMatchObject({ status: 0 });
      expect(readFileSync(path.join(folder, 'cdk.out/asset.1/index.js'), 'utf8')).toBe('code');
    });

    it('is not unpacked when it is not what was tested', () => {
      const { sha256, archive } = pack();
      rmSync(path.join(folder, 'cdk.out'), { recursive: true });
      archive[archive.length - 1]! ^= 1;
      writeFileSync(path.join(folder, 'assembly.tar.gz'), archive);
      for (const wrong of [sha256, '', 'a'.repeat(64)]) {
        expect(unpack(wrong).status, wrong).not.toBe(0);
        expect(() => readFileSync(path.join(folder, 'cdk.out/manifest.json'))).toThrow();
      }
    });

    it('is checked the same way before it is shown to a pull request', () => {
      expect(stepOf('pull-request', 'diff', /sha256sum/)).toBe(stepOf('deploy', 'deploy', /sha256sum/));
    });
  });

  describe('home.sh', () => {
    const OUTPUTS = {
      Stateful: [
        // What another stack takes from this one is an output without a description.
        {
          OutputKey: 'ExportsOutputRefRegistryTable1A2B3C4D',
          OutputValue: 'table-1',
          ExportName: 'Trimtab-prod-Stateful:ExportsOutputRefRegistryTable1A2B3C4D',
        },
        { OutputKey: 'Table', OutputValue: 'table-1', Description: 'TRIMTAB_TABLE' },
        { OutputKey: 'Data', OutputValue: 'data-1', Description: 'TRIMTAB_DATA_BUCKET' },
      ],
      Serving: [
        { OutputKey: 'Page', OutputValue: 'https://y', Description: 'a page for people' },
        { OutputKey: 'Url', OutputValue: 'https://x', Description: 'TRIMTAB_URL' },
      ],
    };

    const home = (outputs: Readonly<Record<string, readonly object[]>>) =>
      run('bash .github/home.sh prod', process.cwd(), standIn(folder, 'aws', AWS, { outputs }));

    it('names what the command line needs, from the outputs of two stacks', () => {
      expect(home(OUTPUTS)).toMatchObject({
        status: 0,
        stderr: '',
        stdout: 'TRIMTAB_TABLE=table-1\nTRIMTAB_DATA_BUCKET=data-1\nTRIMTAB_URL=https://x\n',
      });
    });

    it('fails when a stack is not there', () => {
      const { status, stderr } = home({ Serving: OUTPUTS.Serving });
      expect(stderr).toContain('Stack with id Trimtab-prod-Stateful does not exist');
      expect(status).not.toBe(0);
    });
  });

  describe('tested-by-main.sh', () => {
    const MAIN = {
      event: 'push',
      head_branch: 'main',
      head_repository: { full_name: 'acme/trimtab' },
      path: '.github/workflows/main.yml',
      status: 'completed',
      conclusion: 'success',
    };
    const GOING_ON = { status: 'in_progress', conclusion: null };
    /** GitHub's command line: gives what GitHub knows of the one run that there is. */
    const gh = `
      if (process.argv.slice(2).join(' ') !== 'api repos/acme/trimtab/actions/runs/17') throw new Error('Not Found (HTTP 404)');
      console.log(JSON.stringify(known));
    `;
    const made = (known: object, id = '17', asking = '18') =>
      spawnSync('bash', ['.github/tested-by-main.sh', id], {
        encoding: 'utf8',
        env: {
          ...process.env,
          GITHUB_REPOSITORY: 'acme/trimtab',
          GITHUB_RUN_ID: asking,
          ...standIn(folder, 'gh', gh, known),
        },
      });

    it('lets what main made be deployed, by a later run once it has passed, and by itself', () => {
      expect(made({ id: 17, ...MAIN })).toMatchObject({ status: 0, stderr: '' });
      expect(made({ id: 17, ...MAIN, path: '.github/workflows/main.yml@main' }).status).toBe(0);
      expect(made({ id: 17, ...MAIN, ...GOING_ON }, '17', '17')).toMatchObject({ status: 0, stderr: '' });
    });

    it.each([
      ['a pull request', { ...MAIN, event: 'pull_request', path: '.github/workflows/pull-request.yml' }],
      ['a pull request from a branch of that name', { ...MAIN, event: 'pull_request' }],
      ['another repository', { ...MAIN, head_repository: { full_name: 'mallory/trimtab' } }],
      ['a repository that is gone', { ...MAIN, head_repository: null }],
      ['another branch', { ...MAIN, head_branch: 'main-2' }],
      ['another workflow', { ...MAIN, path: '.github/workflows/other/main.yml' }],
      ['a workflow started by hand', { ...MAIN, event: 'workflow_dispatch' }],
    ])('refuses the assembly of %s', (_, run) => {
      const refused = { status: 1, stderr: expect.stringContaining('run 17 is not deployed: it is of') };
      expect(made(run)).toMatchObject(refused);
      expect(made(run, '17', '17')).toMatchObject(refused);
    });

    it.each([
      ['failed', { conclusion: 'failure' }],
      ['was cancelled', { conclusion: 'cancelled' }],
      ['ran out of time', { conclusion: 'timed_out' }],
      ['says nothing', { conclusion: 'neutral' }],
      ['is going on', GOING_ON],
    ])('refuses the assembly of a run of main that %s, for its tests may not have passed', (_, ended) => {
      const run = { ...MAIN, ...ended };
      expect(made(run)).toMatchObject({
        status: 1,
        stderr: `run 17 is not deployed: it is '${run.status}:${run.conclusion}', allowed is 'completed:success'\n`,
      });
    });

    it('refuses a run that there is not, and what is no run', () => {
      expect(made(MAIN, '19')).toMatchObject({ status: 1, stderr: expect.stringContaining('does not say what it is') });
      for (const id of ['', '17/../17', '17 17']) expect(made(MAIN, id).status, id).toBe(2);
    });
  });

  describe('attested.sh', () => {
    /** GitHub's command line: knows of one archive that it was signed, and by which workflow. */
    const gh = `
      const [...args] = process.argv.slice(2);
      const option = (name) => args[args.indexOf(name) + 1];
      if (args.slice(0, 2).join(' ') !== 'attestation verify') throw new Error('unknown command');
      const signed = known.file === args[2] && known.repo === option('--repo') && known.by === option('--cert-identity');
      if (!signed || !args.includes('--deny-self-hosted-runners')) { console.error('no attestations found'); process.exit(1); }
    `;
    const MAIN = 'https://github.com/acme/trimtab/.github/workflows/main.yml@refs/heads/main';
    const attested = (known: object, VISIBILITY = 'public') =>
      spawnSync('bash', ['.github/attested.sh', 'assembly.tar.gz'], {
        encoding: 'utf8',
        env: {
          ...process.env,
          VISIBILITY,
          GITHUB_REPOSITORY: 'acme/trimtab',
          GITHUB_SERVER_URL: 'https://github.com',
          ...standIn(folder, 'gh', gh, { file: 'assembly.tar.gz', repo: 'acme/trimtab', by: MAIN, ...known }),
        },
      });

    it('lets what main signed be deployed', () => {
      for (const visibility of ['public', 'internal', '']) expect(attested({}, visibility).status).toBe(0);
    });

    it.each([
      ['nobody', { by: '' }],
      ['a pull request', { by: MAIN.replace('heads/main', 'pull/7/merge') }],
      ['another workflow', { by: MAIN.replace('main.yml', 'model.yml') }],
    ])('refuses what %s signed', (_, known) => {
      for (const visibility of ['public', 'internal', '']) expect(attested(known, visibility).status).toBe(1);
    });

    it('says that there is nothing to ask for in a private repository', () => {
      expect(attested({ by: '' }, 'private')).toMatchObject({ status: 0, stdout: expect.stringContaining('private') });
    });
  });

  describe('the environments of the pipeline', () => {
    const PLACES = {
      a: { account: '111122223333', region: 'eu-central-1' },
      b: { account: '444455556666', region: 'eu-central-1' },
    };
    const pipeline = (config: object) => {
      writeFileSync(path.join(folder, 'trimtab.config.json'), JSON.stringify(config));
      const [tsx, program] = ['node_modules/tsx/dist/cli.mjs', 'scripts/ci/pipeline-outputs.ts'].map((file) =>
        path.resolve(file),
      );
      return spawnSync(process.execPath, [tsx!, program!], { cwd: folder, encoding: 'utf8' });
    };
    const named = (
      first: string,
      second: string,
      pipelined: object = { pipeline: { repository: 'acme/trimtab' } },
    ) => ({
      environments: { [first]: { ...PLACES.a, ...pipelined }, [second]: { ...PLACES.b, ...pipelined } },
    });

    it('have any name, in the order of the file, or there are none', () => {
      expect(pipeline(named('try-out', 'eu'))).toMatchObject({ status: 0, stdout: 'environments=["try-out","eu"]\n' });
      expect(pipeline(named('prod', 'staging', {}))).toMatchObject({ status: 0, stdout: 'environments=[]\n' });
    });

    it('are refused where main has no job for one, which it would leave out without a word', () => {
      const jobs = Object.values(workflow('main').jobs).filter((job) => job.with?.environment !== undefined).length;
      const many = (n: number) => ({
        pipeline: { repository: 'acme/trimtab' },
        environments: Object.fromEntries(Array.from({ length: n }, (_, i) => [`e${i}`, PLACES.a])),
      });
      expect(pipeline(many(jobs))).toMatchObject({ status: 0 });
      expect(pipeline(many(jobs + 1))).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /^environments with a pipeline are at most 4, .* received 5: e0, e1, e2, e3, e4\n$/,
        ),
      });
    });
  });

  describe('release.sh', () => {
    const release = (...args: string[]) =>
      spawnSync('bash', ['.github/release.sh', ...args], {
        encoding: 'utf8',
        env: { ...process.env, TRIMTAB_HOME: path.join(root, 'home'), TRIMTAB_ACTOR: 'github:ada' },
      });
    const history = (): { kind: string; actor: string; reason: string }[] =>
      JSON.parse(
        execFileSync(
          'node',
          ['bin/trimtab.mjs', 'history', 'flight-delay', '--json', '--home', path.join(root, 'home')],
          {
            encoding: 'utf8',
          },
        ),
      ).entries;

    it('takes a folder to all the traffic, and the next to a canary', () => {
      expect(release('models/flight-delay/v1', 'all', 'first')).toMatchObject({ status: 0 });
      expect(release('models/flight-delay/v2', 'canary', 'looks good')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('challenger'),
      });
      const entries = history();
      expect(entries.map(({ kind }) => kind)).toEqual([
        'registered',
        'approved',
        'released',
        'registered',
        'approved',
        'canary-started',
      ]);
      expect(entries.at(-1)).toMatchObject({ actor: 'github:ada', reason: 'looks good' });
    }, 180_000);

    it('stops at the first refusal, and takes no other word', () => {
      expect(release('models/nothing', 'canary', 'x')).toMatchObject({ status: 2, stdout: '' });
      expect(release('models/flight-delay/v3', 'blue-green', 'x')).toMatchObject({
        status: 2,
        stderr: "release is canary, shadow or all, received 'blue-green'\n",
      });
    }, 60_000);
  });
});
