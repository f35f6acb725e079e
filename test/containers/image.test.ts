import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import path from 'node:path';
import { credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ROLES } from '../../core/access/roles.ts';
import { newToken } from '../../server/access/credential-file.ts';
import { GRPCInferenceService } from '../../server/grpc/service-definition.ts';
import { TREE } from '../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { Container, type Manifest, type RunOptions, SETUP } from './container.ts';

if (SETUP === undefined) process.stderr.write('skipped: the image, run as a container; npm run test:container\n');
vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

const first = (file: string) => parseAllDocuments(readFileSync(path.join('containers', file), 'utf8'))[0]!.toJS();
const KUBERNETES: Manifest = first('kubernetes/trimtab.yaml').spec.template.spec;
const KSERVE: Manifest = first('kserve/inference-service.yaml').spec.predictor;
/** SageMaker sends SIGTERM, and SIGKILL so many seconds later. */
const SAGEMAKER_GRACE = 30;

const ROW = Array.from({ length: 30 }, (_, i) => -1 + (2 * i) / 149);
/** Of scikit-learn's `predict_proba` for the row. */
const SHARES = [0.62529788, 0.37470212];

let tree: string;
beforeAll(() => {
  tree = temporaryFolder('image');
  mkdirSync(path.join(tree, 'tree'));
  writeFileSync(path.join(tree, 'tree/model.onnx'), readFileSync('test/fixtures/onnx/tree-30.onnx'));
  writeFileSync(path.join(tree, 'tree/model.json'), JSON.stringify(TREE));
});

/** What the secret of the manifests holds, and the token whose hash is in it. */
const { token, hash } = newToken();
const SECRET = { 'tokens.json': JSON.stringify({ tokens: [{ name: 'test', roles: ROLES, hash }] }) };
const AUTHORIZATION = { authorization: `Bearer ${token}` };
/** Where nobody else can reach it, as in SageMaker. */
const INSECURE = { TRIMTAB_SERVE_INSECURE: 'true' };

let container: Container | undefined;
afterEach(() => container?.remove());
async function start({ env = {}, ...options }: RunOptions = {}): Promise<Container> {
  const mounts = { '/opt/ml/model': path.join(tree, 'tree') };
  const of = options.manifest?.containers[0].env.find(({ name }) => name === 'TRIMTAB_SERVE_TOKENS');
  const access = options.manifest === undefined ? INSECURE : { [of!.name]: of!.value };
  container = Container.run({ mounts, secret: SECRET, env: { ...access, ...env }, ...options });
  await container.ready();
  return container;
}

interface Answer {
  readonly status: number;
  readonly closes: boolean;
  readonly text: string;
}
const call = (url: string, body?: string, headers: Record<string, string> = {}, agent?: Agent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const own = { ...AUTHORIZATION, ...headers };
    const outgoing = request(url, { method, headers: own, ...(agent && { agent }) }, (incoming) => {
      let text = '';
      incoming.on('data', (chunk) => {
        text += chunk;
      });
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode!, closes: incoming.headers.connection === 'close', text }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
const predict = (url: string, agent?: Agent) =>
  call(`${url}/v1/models/tree:predict`, JSON.stringify({ instances: [ROW] }), {}, agent);
const record = Object.fromEntries(ROW.map((value, i) => [`f${i}`, value]));

describe.skipIf(SETUP === undefined)('The image', () => {
  it('answers in every protocol from a read-only root, as nobody, with no capability', async () => {
    // The home is on AWS in the manifest; here it is the folder that the image has as its default.
    const { url } = await start({ manifest: KUBERNETES });
    const close = (shares: number[]) => {
      expect(shares).toHaveLength(2);
      for (const [i, share] of shares.entries()) expect(share).toBeCloseTo(SHARES[i]!, 5);
    };
    expect(await call(`${url}/v2/health/live`)).toMatchObject({ status: 200, text: '{"live":true}' });
    const ask = async (target: string, body: unknown, type = 'application/json') => {
      const answer = await call(url + target, typeof body === 'string' ? body : JSON.stringify(body), {
        'content-type': type,
      });
      expect(answer, answer.text).toMatchObject({ status: 200 });
      return answer.text.startsWith('{') || answer.text.startsWith('[') ? JSON.parse(answer.text) : answer.text;
    };
    const inputs = [{ name: 'features', shape: [1, 30], datatype: 'FP32', data: ROW }];
    const v2 = await ask('/v2/models/tree/infer', { inputs, outputs: [{ name: 'probabilities' }] });
    close(v2.outputs[0].data);
    close((await ask('/v1/models/tree:predict', { instances: [ROW] })).predictions[0].probabilities);
    close((await ask('/predictions/tree', ROW)).probabilities);
    close((await ask('/api/v1.0/predictions', { data: { ndarray: [ROW] } })).data.ndarray[0].slice(-2));
    close((await ask('/invocations', { dataframe_records: [record] })).predictions[0].probabilities);
    expect((await call(`${url}/metrics`)).text).toContain('nv_inference_request_success{model="tree"');

    expect(container!.exec('id', '-u')).toBe('65532');
    expect(() => container!.exec('touch', '/opt/trimtab/x')).toThrow('Read-only file system');
    for (const folder of ['/var/cache/trimtab', '/tmp']) container!.exec('touch', `${folder}/x`);
    const confined = container!.exec('cat', '/proc/1/status');
    expect(confined).toMatch(/^CapEff:\s+0+$/m);
    expect(confined).toMatch(/^CapBnd:\s+0+$/m);
    expect(confined).toMatch(/^NoNewPrivs:\s+1$/m);
  });

  it('speaks gRPC at the port that it is given', async () => {
    await start({ manifest: KUBERNETES, env: { TRIMTAB_SERVE_GRPC_PORT: '9000' }, ports: [8080, 9000] });
    const client = new GRPCInferenceService(container!.address(9000), credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set('authorization', AUTHORIZATION.authorization);
    const ask = (method: string, message: object) =>
      new Promise<Record<string, never>>((resolve, reject) => {
        client[method]!(message, metadata, (error: Error | null, answer: never) =>
          error ? reject(error) : resolve(answer),
        );
      });
    expect(await ask('ServerReady', {})).toEqual({ ready: true });
    const input = { name: 'features', datatype: 'FP32', shape: ['1', '30'], contents: { fp32_contents: ROW } };
    const { outputs } = await ask('ModelInfer', {
      model_name: 'tree',
      inputs: [input],
      outputs: [{ name: 'probabilities' }],
    });
    const [{ contents }] = outputs as unknown as [{ contents: { fp32_contents: number[] } }];
    expect(contents.fp32_contents[1]).toBeCloseTo(SHARES[1]!, 5);
    client.close();
  });

  it('keeps the contract of a SageMaker container', async () => {
    // No user, no memory, no volumes: SageMaker says none of them.
    const { url } = await start({ args: ['serve'] });
    expect(await call(`${url}/ping`)).toMatchObject({ status: 200 });
    const csv = await call(`${url}/invocations`, `${ROW.join(',')}\n`, {
      'content-type': 'text/csv',
      accept: 'text/csv',
    });
    expect(csv.text.trim().split(',').slice(-1).map(Number)[0]).toBeCloseTo(SHARES[1]!, 5);
    const before = Date.now();
    await container!.stop(SAGEMAKER_GRACE);
    expect(container!.state).toEqual({ running: false, exitCode: 0, outOfMemory: false });
    expect(Date.now() - before).toBeLessThan(SAGEMAKER_GRACE * 1_000);
  });

  it("serves what KServe's storage initializer has put there", async () => {
    await start({ manifest: KSERVE, mounts: { '/mnt/models': path.join(tree, 'tree') } });
    expect(await call(`${container!.url}/v1/models/tree`)).toMatchObject({ status: 200 });
    expect((await predict(container!.url)).status).toBe(200);
  });

  it('loses no request between SIGTERM and its end, within the grace period of the manifest', async () => {
    const grace = KUBERNETES.terminationGracePeriodSeconds!;
    const delay = KUBERNETES.containers[0].env.find(({ name }) => name === 'TRIMTAB_SERVE_DRAIN_DELAY')!.value;
    const { url } = await start({ manifest: KUBERNETES, env: { TRIMTAB_SERVE_DRAIN_DELAY: delay } });
    const agent = new Agent({ keepAlive: true });
    const statuses: number[] = [];
    let balanced = true;
    // Callers come through a balancer, which sends no more once a probe was told no.
    const caller = async (): Promise<void> => {
      while (balanced) statuses.push((await predict(url, agent)).status);
    };
    const probe = async (): Promise<void> => {
      while ((await call(`${url}/v2/health/ready`)).status === 200)
        await new Promise((resolve) => setTimeout(resolve, 200));
      // So long it may take until every node has heard.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      balanced = false;
    };
    const callers = Array.from({ length: 16 }, caller);
    while (statuses.length < 500) await new Promise((resolve) => setTimeout(resolve, 20));
    const before = Date.now();
    const stopped = container!.stop(grace);
    await Promise.all([probe(), ...callers]);
    await stopped;
    agent.destroy();
    expect(container!.state).toEqual({ running: false, exitCode: 0, outOfMemory: false });
    expect(Date.now() - before).toBeLessThan(grace * 1_000);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('stays within its memory however much is sent at once', async () => {
    const { url } = await start({ manifest: KUBERNETES });
    // Bodies of 4 MB with more rows than a model takes, and of 2.4 MB with as many: a gigabyte in all, as the limit is.
    const tooMany = JSON.stringify({ instances: Array(7_000).fill(ROW) });
    const most = JSON.stringify({ instances: Array(4_096).fill(ROW) });
    const statuses = new Map<number, number>();
    const agent = new Agent({ keepAlive: true, maxSockets: 400 });
    await Promise.all(
      Array.from({ length: 400 }, async (_, i) => {
        const { status } = await call(`${url}/v1/models/tree:predict`, i % 4 === 0 ? tooMany : most, {}, agent);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }),
    );
    agent.destroy();
    expect(
      [...statuses.keys()].every((status) => [200, 400, 413, 503].includes(status)),
      String([...statuses]),
    ).toBe(true);
    for (const status of [200, 503]) expect(statuses.get(status)).toBeGreaterThan(0);
    expect(container!.state).toMatchObject({ running: true, outOfMemory: false });
    expect(container!.logs()).not.toContain('another takes its place');
    await container!.ready();
  });

  it('says what is wrong and ends, where there is no model', async () => {
    container = Container.run({ mounts: {}, env: INSECURE });
    expect(await container.ended()).toBe(2);
    expect(container.logs()).toContain('/opt/ml/model');
  });

  it('does not start where others reach it and nobody is asked who they are', async () => {
    container = Container.run({});
    expect(await container.ended()).toBe(2);
    expect(container.logs()).toContain('--tokens FILE');
  });
});
