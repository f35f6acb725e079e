import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

const here = (file: string): string => path.resolve(file);
/** As the configurations here, for another checkout. */
const CONFIG = `
import { CHECKOUT, CHECKOUT_TEST, ISOLATION, SHARED } from ${JSON.stringify(here('test/isolation/config.ts'))};
const here = (file) => ${JSON.stringify(here('.'))} + '/' + file;
const checkout = { ...CHECKOUT.test, include: [here(CHECKOUT_TEST)], dir: here('') };
export default {
  test: {
    ...ISOLATION,
    maxWorkers: 1,
    globalSetup: ISOLATION.globalSetup.map(here),
    setupFiles: SHARED.setupFiles.map(here),
    projects: [
      { extends: true, test: { name: 'unit', include: ['*.test.js'] } },
      { ...CHECKOUT, test: checkout },
    ],
  },
};
`;
/** What a person may have set. */
const PERSONAL = {
  TRIMTAB_HOME: 'mine',
  TRIMTAB_URL: 'http://127.0.0.1:9',
  AWS_PROFILE: 'mine',
  AWS_REGION: 'mine',
  CDK_DEFAULT_REGION: 'mine',
};

interface Run {
  readonly status: number;
  readonly said: string;
  /** What is left in the temporary folder of the system, besides what tsx and vitest keep there. */
  readonly left: readonly string[];
}

/** Runs a test with this code in it, in a checkout with a model folder that a person has made. */
async function run(code: string): Promise<Run> {
  const root = temporaryFolder('checkout');
  const system = temporaryFolder('system');
  mkdirSync(path.join(root, 'my-model'));
  const put = (file: string, text: string): void => writeFileSync(path.join(root, file), text);
  put('package.json', '{"type":"module"}');
  put('my-model/model.json', '{}');
  put('vitest.config.js', CONFIG);
  put(
    'a.test.js',
    `import fs from 'node:fs'; import os from 'node:os'; import { it } from 'vitest'; it('a', () => { ${code} });`,
  );
  symlinkSync(here('node_modules'), path.join(root, 'node_modules'));
  const env = { ...process.env, NO_COLOR: '1', TMPDIR: system, TEMP: system, TMP: system, ...PERSONAL };
  const { status, said } = await promisify(execFile)(
    process.execPath,
    [here('node_modules/vitest/vitest.mjs'), 'run'],
    {
      cwd: root,
      env,
    },
  ).then(
    ({ stdout }) => ({ status: 0, said: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      status: error.code,
      said: `${error.stdout}${error.stderr}`,
    }),
  );
  return { status, said, left: readdirSync(system).filter((name) => name.startsWith('trimtab-')) };
}

describe('a run of tests', () => {
  it('leaves nothing in the temporary folder of the system, and does not see what a person has set', async () => {
    const { status, said, left } = await run(`
      fs.mkdtempSync(os.tmpdir() + '/left-');
      for (const name of ${JSON.stringify(Object.keys(PERSONAL))}) if (process.env[name]) throw new Error(name);
    `);
    expect(said).toContain('2 passed');
    expect({ status, left }).toEqual({ status: 0, left: [] });
  });

  it('fails when a test has written into the checkout, and when one has left something in its process', async () => {
    const { status, said, left } = await run(
      "fs.writeFileSync('my-model/model.json', '[]'); process.env.LEFT = 'mine'",
    );
    expect(said).toContain('changed my-model/model.json');
    expect(said).toContain('the process is not as this file of tests has found it');
    expect(said).toContain('2 failed');
    expect({ status, left }).toEqual({ status: 1, left: [] });
  });

  it('leaves nothing when a test takes its process along', async () => {
    const { status, left } = await run("fs.mkdtempSync(os.tmpdir() + '/left-'); process.kill(process.pid, 'SIGKILL')");
    expect({ status, left }).toEqual({ status: 1, left: [] });
  });

  it('leaves nothing when it is interrupted', async () => {
    const { status, left } = await run(`
      fs.mkdtempSync(os.tmpdir() + '/left-');
      process.kill(process.ppid, 'SIGINT');
      return new Promise(() => undefined);
    `);
    expect({ status, left }).toEqual({ status: 130, left: [] });
  });

  it('is configured so in every suite', () => {
    for (const name of ['', '.aws', '.emulator', '.package'])
      expect(readFileSync(`vitest${name}.config.ts`, 'utf8')).toMatch(/\.\.\.ISOLATION,[\s\S]*\bCHECKOUT\b/);
  });
});
