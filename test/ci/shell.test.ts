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
    const unpack = (sha256: string) => run(stepOf('deploy', 'deploy', /sha256sum --check/), folder, { SHA256: sha256 });

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

  describe('made-by-main.sh', () => {
    const MAIN = { event: 'push', head_branch: 'main', path: '.github/workflows/main.yml' };
    /** GitHub's command line: gives what GitHub knows of the one run that there is. */
    const gh = `
      if (process.argv.slice(2).join(' ') !== 'api repos/acme/trimtab/actions/runs/17') throw new Error('Not Found (HTTP 404)');
      console.log(JSON.stringify(known));
    `;
    const made = (known: object, id = '17') =>
      spawnSync('bash', ['.github/made-by-main.sh', id], {
        encoding: 'utf8',
        env: { ...process.env, GITHUB_REPOSITORY: 'acme/trimtab', ...standIn(folder, 'gh', gh, known) },
      });

    it('lets what main made be deployed', () => {
      expect(made({ id: 17, ...MAIN })).toMatchObject({ status: 0, stderr: '' });
      expect(made({ id: 17, ...MAIN, path: '.github/workflows/main.yml@main' }).status).toBe(0);
    });

    it.each([
      ['a pull request', { event: 'pull_request', head_branch: 'mine', path: '.github/workflows/pull-request.yml' }],
      ['a pull request from a branch of that name', { ...MAIN, event: 'pull_request' }],
      ['another branch', { ...MAIN, head_branch: 'main-2' }],
      ['another workflow', { ...MAIN, path: '.github/workflows/other/main.yml' }],
      ['a workflow started by hand', { ...MAIN, event: 'workflow_dispatch' }],
    ])('refuses the assembly of %s', (_, run) => {
      expect(made(run)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('run 17 is not deployed: it is of'),
      });
    });

    it('refuses a run that there is not, and what is no run', () => {
      expect(made(MAIN, '18').status).not.toBe(0);
      for (const id of ['', '17/../17', '17 17']) expect(made(MAIN, id).status, id).toBe(2);
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

    it('are those that main deploys to, or none', () => {
      expect(pipeline(named('prod', 'staging'))).toMatchObject({
        status: 0,
        stdout: 'environments=["prod","staging"]\n',
      });
      expect(pipeline(named('prod', 'staging', {}))).toMatchObject({ status: 0, stdout: 'environments=[]\n' });
      const deployed = Object.values(workflow('main').jobs).flatMap((job) => job.with?.environment ?? []);
      expect(deployed.sort()).toEqual(['prod', 'staging']);
    });

    it.each([
      ['another name', named('staging', 'production'), 'staging, production'],
      ['one of them missing', { environment: 'prod', ...PLACES.a, pipeline: { repository: 'acme/trimtab' } }, 'prod'],
    ])('are refused with %s, which main would skip without a word', (_, config, received) => {
      expect(pipeline(config)).toMatchObject({
        status: 1,
        stdout: '',
        stderr: `environments with a pipeline are staging and prod, or none, received ${received}\n`,
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
