import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../functions/all.ts';
import type { ExecutionEnvironment } from './environment.ts';
import { describeOnLambda } from './on-lambda.ts';
import { buildPackages, type Packages } from './packages.ts';

/** A home whose services do not answer: what is tried here must not need them. */
const NOWHERE = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  TRIMTAB_HOME: 'aws',
  TRIMTAB_TABLE: 'table',
  TRIMTAB_ARTIFACTS_BUCKET: 'artifacts',
  TRIMTAB_DATA_BUCKET: 'data',
  TRIMTAB_CAPTURES_BUCKET: 'captures',
};

/** What nobody should send, by function, and what has to come of it. */
const WRONG: Record<string, { event: unknown; outcome: unknown }> = {
  infer: {
    event: { nothing: 'of HTTP' },
    outcome: { kind: 'error', errorMessage: expect.stringContaining('rawPath') },
  },
  validate: {
    event: { Records: [{ messageId: 'one', body: '{"not":"an event"}' }] },
    outcome: { kind: 'result', value: { batchItemFailures: [{ itemIdentifier: 'one' }] } },
  },
  ...Object.fromEntries(
    ['drift', 'ground-truth', 'advance', 'rollback'].map((name) => [
      name,
      { event: { unexpected: 1 }, outcome: { kind: 'error', errorType: 'BadEventError' } },
    ]),
  ),
};

let packages: Packages;
beforeAll(async () => {
  packages = await buildPackages();
}, 180_000);
afterAll(() => packages.remove());

describeOnLambda('each packaged function', () => {
  it.each(FUNCTIONS.map((spec) => [spec.name, spec] as const))(
    'starts without its services and refuses what is not its event: %s',
    async (name, spec) => {
      const environment: ExecutionEnvironment = await packages.open(spec, NOWHERE);
      try {
        const { event, outcome } = WRONG[name]!;
        const cold = await environment.invoke(event);
        expect(cold).toMatchObject(outcome as object);
        expect(cold.initMs).toBeLessThan(10_000);
        const { pid } = environment;
        expect(await environment.invoke(event)).toMatchObject(outcome as object);
        expect(environment.pid).toBe(pid);
        expect(readdirSync(environment.sandbox.tmp)).toEqual([]);
        expect(environment.highWaterMb).toBeLessThan(spec.memoryMb);
      } finally {
        await environment.close();
      }
    },
    60_000,
  );
});

describe('each packaged function, on the Node of this machine', () => {
  it('asks for what is in a layer by require, for import() does not look there', () => {
    const { task } = packages.folders(FUNCTIONS.find(({ name }) => name === 'validate')!);
    const code = readFileSync(path.join(task, 'index.js'), 'utf8');
    expect(code).toMatch(/require\("@duckdb\/node-api"\)/);
    expect(code).not.toMatch(/import\(["'`]@duckdb/);
  });

  it.each(FUNCTIONS.map((spec) => [spec.name, spec] as const))('loads from its file and its layers: %s', (_, spec) => {
    const { task, opt } = packages.folders(spec);
    const index = ['index.js', 'index.mjs'].map((name) => path.join(task, name)).find(existsSync);
    const script = `import(${JSON.stringify(index)}).then(({ handler }) => { process.stdout.write(typeof handler); process.exit(0); })`;
    const env = { ...NOWHERE, AWS_REGION: 'eu-central-1', NODE_PATH: path.join(opt, 'nodejs/node_modules') };
    expect(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', cwd: task, env })).toMatch(/function$/);
  });
});
