import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { workflow } from './workflow.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'trimtab-ci-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Runs a step's script as GitHub does, with pipefail. */
const run = (script: string, cwd: string, env: Record<string, string> = {}) =>
  spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });

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
    /** Stands in for AWS's command line: answers as it does, in text, by the query it is given. */
    const aws = (answers: string): Record<string, string> => {
      const bin = path.join(folder, 'bin');
      mkdirSync(bin);
      writeFileSync(path.join(bin, 'aws'), `#!/usr/bin/env bash\necho "$@" >> '${folder}/asked'\n${answers}\n`);
      chmodSync(path.join(bin, 'aws'), 0o755);
      return { PATH: `${bin}:${process.env.PATH}` };
    };

    it('names what the command line needs, from the outputs of two stacks', () => {
      const env = aws(
        `case "$*" in *-Stateful*) printf 'TRIMTAB_TABLE\\ttable-1\\nTRIMTAB_DATA_BUCKET\\tdata-1\\n';; *) printf 'TRIMTAB_URL\\thttps://x\\n';; esac`,
      );
      const done = run('bash .github/home.sh prod', process.cwd(), env);
      expect(done).toMatchObject({
        status: 0,
        stdout: 'TRIMTAB_TABLE=table-1\nTRIMTAB_DATA_BUCKET=data-1\nTRIMTAB_URL=https://x\n',
      });
      const asked = readFileSync(path.join(folder, 'asked'), 'utf8');
      expect(asked).toContain('--stack-name Trimtab-prod-Stateful ');
      expect(asked).toContain('--stack-name Trimtab-prod-Serving ');
    });

    it('fails when a stack is not there', () => {
      const env = aws('echo "Stack with id Trimtab-prod-Stateful does not exist" >&2; exit 254');
      expect(run('bash .github/home.sh prod', process.cwd(), env).status).not.toBe(0);
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
      );

    it('takes a folder to all the traffic, and the next to a canary', () => {
      expect(release('models/flight-delay/v1', 'all', 'first')).toMatchObject({ status: 0 });
      expect(release('models/flight-delay/v2', 'canary', 'looks good')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('challenger'),
      });
      const kinds = history().map(({ kind }) => kind);
      expect(kinds).toEqual(['registered', 'approved', 'released', 'registered', 'approved', 'canary-started']);
      expect(history().at(-1)).toMatchObject({ actor: 'github:ada', reason: 'looks good' });
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
