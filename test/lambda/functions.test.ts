import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { halfBits, halfValue } from '../../core/model/half.ts';
import { FUNCTIONS } from '../../functions/index.ts';
import { openLocalHome } from '../../platform/local/home.ts';
import { readSignature } from '../../platform/onnx/model.ts';
import { lambdaNode } from '../../scripts/build/lambda-runtime.ts';
import { Registry } from '../../usecases/registry/registry.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import type { ExecutionEnvironment } from './environment.ts';
import { httpEvent } from './events.ts';
import { describeOnLambda } from './on-lambda.ts';
import { buildPackages, type Packages } from './packages.ts';
import { canIsolate } from './sandbox.ts';

const FRAMEWORKS = path.resolve('test/fixtures/onnx/frameworks');

/** A home whose services do not answer: what is tried here must not need them. */
const NOWHERE = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  TRIMTAB_HOME: 'aws',
  TRIMTAB_ENVIRONMENT: 'dev',
  TRIMTAB_TABLE: 'table',
  TRIMTAB_ARTIFACTS_BUCKET: 'artifacts',
  TRIMTAB_DATA_BUCKET: 'data',
  TRIMTAB_CAPTURES_BUCKET: 'captures',
};

/** What nobody should send, by function, and what has to come of it. */
const WRONG: Record<string, { event: unknown; outcome: unknown }> = {
  infer: {
    event: { nothing: 'of HTTP' },
    outcome: { kind: 'error', errorMessage: expect.stringContaining('expected an event of an HTTP API') },
  },
  validate: {
    event: { Records: [{ messageId: 'one', body: '{"not":"an event"}' }] },
    outcome: { kind: 'result', value: { batchItemFailures: [{ itemIdentifier: 'one' }] } },
  },
  ...Object.fromEntries(
    ['drift', 'ground-truth', 'replay', 'advance', 'rollback'].map((name) => [
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

describeOnLambda('the packaged inference function on a model of half floats', () => {
  const stored = temporaryFolder('half');
  const { inputs, outputs } = JSON.parse(readFileSync(path.join(FRAMEWORKS, 'expected.json'), 'utf8'))['torch-half'];

  /** A local home with the model released, as it was made on another machine. */
  async function release(): Promise<void> {
    const folder = path.join(stored, 'model');
    mkdirSync(folder);
    cpSync(path.join(FRAMEWORKS, 'torch-half.onnx'), path.join(folder, 'model.onnx'));
    const features = [0, 1, 2, 3].map((index) => ({ name: `f${index}`, type: 'float', input: 'x', index }));
    writeFileSync(path.join(folder, 'model.json'), JSON.stringify({ name: 'half', contract: { features } }));
    const home = await openLocalHome(path.join(stored, 'home'));
    const registry = new Registry(home, 'test');
    await registry.register(folder, await readSignature(path.join(folder, 'model.onnx')));
    await registry.apply('half', { type: 'approve', version: 1, reason: 'test' });
    await registry.apply('half', { type: 'release', version: 1, reason: 'test' });
    await home.close();
  }

  it('takes float16 and gives it, by bytes and as JSON, though this Node has a Float16Array', async () => {
    expect(execFileSync(lambdaNode(), ['-p', 'typeof Float16Array'], { encoding: 'utf8' }).trim()).toBe('function');
    await release();
    const infer = FUNCTIONS.find(({ name }) => name === 'infer')!;
    // What a function may write to is its /tmp.
    const at = canIsolate ? '/tmp/home' : path.join(stored, 'home');
    const environment = await packages.open(infer, { TRIMTAB_HOME: at });
    try {
      if (canIsolate) {
        cpSync(path.join(stored, 'home'), path.join(environment.sandbox.tmp, 'home'), { recursive: true });
        execFileSync('chmod', ['-R', 'a+rwX', path.join(environment.sandbox.tmp, 'home')]);
      }
      const answer = async (event: unknown) => {
        const invoked = await environment.invoke(event);
        expect(invoked).toMatchObject({ kind: 'result', value: { statusCode: 200 } });
        const { body, isBase64Encoded } = (invoked as { value: { body: string; isBase64Encoded: boolean } }).value;
        return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
      };
      const { data, shape } = inputs.x as { data: number[]; shape: [number, number] };
      const wanted = (outputs.y as { data: number[] }).data;
      const near = (found: number[]) => {
        expect(found).toHaveLength(wanted.length);
        for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 3);
      };

      const rows = Array.from({ length: shape[0] }, (_, i) => data.slice(i * shape[1], (i + 1) * shape[1]));
      const json = await answer(httpEvent('POST', '/v1/models/half:predict', { instances: rows }));
      near(JSON.parse(json.toString()).predictions.flat());

      const bits = Buffer.from(Uint16Array.from(data, halfBits).buffer);
      const parameters = { binary_data_size: bits.length };
      const head = Buffer.from(
        JSON.stringify({
          inputs: [{ name: 'x', datatype: 'FP16', shape, parameters }],
          outputs: [{ name: 'y', parameters: { binary_data: true } }],
        }),
      );
      const asked = httpEvent('POST', '/v2/models/half/infer', undefined, {
        headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(head.length) },
      }) as object;
      const body = Buffer.concat([head, bits]).toString('base64');
      const binary = await answer({ ...asked, body, isBase64Encoded: true });
      const found = binary.subarray(-2 * wanted.length);
      near(Array.from(wanted, (_, i) => halfValue(found.readUInt16LE(2 * i))));
    } finally {
      await environment.close();
    }
  }, 60_000);
});

describeOnLambda('the packaged inference function whose temporary folder is small', () => {
  const stored = temporaryFolder('small');
  /** So much of each file says nothing: a field of its metadata. */
  const PADDING = 2_000_000;

  /** The model again, in a file of its own that is larger. */
  function padded(salt: number): Buffer {
    const length = (size: number) => {
      const bytes: number[] = [];
      for (let rest = size; ; rest >>>= 7) {
        if (rest < 128) return Buffer.from([...bytes, rest]);
        bytes.push((rest & 127) | 128);
      }
    };
    const field = (tag: number, content: Buffer) =>
      Buffer.concat([Buffer.from([tag]), length(content.length), content]);
    const entry = Buffer.concat([field(0x0a, Buffer.from('salt')), field(0x12, Buffer.alloc(PADDING, 65 + salt))]);
    return Buffer.concat([readFileSync(path.join(FRAMEWORKS, 'torch-half.onnx')), field(0x72, entry)]);
  }

  async function release(registry: Registry, version: number): Promise<void> {
    const folder = path.join(stored, `model-${version}`);
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'model.onnx'), padded(version));
    const features = [0, 1, 2, 3].map((index) => ({ name: `f${index}`, type: 'float', input: 'x', index }));
    writeFileSync(path.join(folder, 'model.json'), JSON.stringify({ name: 'half', contract: { features } }));
    await registry.register(folder, await readSignature(path.join(folder, 'model.onnx')));
    for (const type of ['approve', 'release'] as const) await registry.apply('half', { type, version, reason: 'test' });
  }

  it.runIf(canIsolate).each([
    ['by its limit', { temporaryMb: 64, variables: { TRIMTAB_CACHE_MB: '5' } }],
    // Beside three files of the registry itself there is no room for three copies.
    ['by a full disk', { temporaryMb: 11, variables: {} }],
  ])(
    'serves one version after another: %s',
    async (_, { temporaryMb, variables }) => {
      const infer = FUNCTIONS.find(({ name }) => name === 'infer')!;
      const environment = await packages.open(
        infer,
        { TRIMTAB_HOME: '/tmp/home', ...variables },
        { temporaryMb, memoryMb: infer.memoryMb },
      );
      const inside = path.join(environment.sandbox.tmp, 'home');
      const home = await openLocalHome(path.join(stored, `home-${temporaryMb}`));
      const registry = new Registry(home, 'test');
      try {
        for (const version of [1, 2, 3]) {
          await release(registry, version);
          cpSync(path.join(stored, `home-${temporaryMb}`), inside, { recursive: true });
          execFileSync('chmod', ['-R', 'a+rwX', inside]);
          rmSync(path.join(stored, `model-${version}`), { recursive: true });
          // The release is read again, now.
          await environment.invoke(httpEvent('POST', '/v2/repository/models/half/load', {}));
          const answer = await environment.invoke(
            httpEvent('POST', '/v1/models/half:predict', { instances: [[1, 2, 3, 4]] }),
          );
          expect(answer).toMatchObject({ value: { headers: { 'x-trimtab-model-version': String(version) } } });
          const copies = readdirSync(path.join(environment.sandbox.tmp, 'trimtab', 'models'));
          expect(copies.length).toBe(Math.min(version, 2));
        }
      } finally {
        await environment.close();
        await home.close();
      }
    },
    120_000,
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
