import { readFileSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import path from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { GRPCInferenceService } from '../../server/grpc/service-definition.ts';
import { bundledCommand, childrenOf, type Running, startServe } from '../fixtures/command.ts';
import { loopModel } from '../fixtures/onnx/write.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const HOURS = 100_000_000_000;
// Processes are started, which takes its time where others want the machine.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let command: string;
beforeAll(async () => {
  folder = temporaryFolder('serve-test');
  command = await bundledCommand(folder);
  for (const name of ['tree', 'loop']) await mkdir(path.join(folder, name));
  await copyFile('test/fixtures/onnx/tree-30.onnx', path.join(folder, 'tree', 'model.onnx'));
  await writeFile(path.join(folder, 'tree', 'model.json'), '{"name":"tree","contract":{"features":[]}}');
  await writeFile(path.join(folder, 'loop', 'model.onnx'), loopModel());
  await writeFile(path.join(folder, 'loop', 'model.json'), '{"name":"loop","contract":{"features":[]}}');
});

let server: Running | undefined;
afterEach(async () => {
  server?.child.kill('SIGKILL');
  await server?.ended;
});

/** Starts the command for the two models. */
async function serve(...args: string[]): Promise<Running> {
  const models = ['tree', 'loop'].flatMap((name) => ['--model', path.join(folder, name)]);
  server = await startServe(command, [...models, ...args]);
  return server;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const call = (url: string, body?: unknown, agent?: Agent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: body === undefined ? 'GET' : 'POST', ...(agent && { agent }) },
      (incoming) => {
        let text = '';
        incoming.on('data', (chunk) => {
          text += chunk;
        });
        incoming.on('end', () => resolve({ status: incoming.statusCode!, headers: incoming.headers, body: text }));
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
const tree = (url: string, agent?: Agent) =>
  call(`${url}/v1/models/tree:predict`, { instances: [Array(30).fill(0.5)] }, agent);
const loop = (url: string, rounds: number) => call(`${url}/v1/models/loop:predict`, { instances: [rounds] });
const ready = async (url: string) => (await call(`${url}/v2/health/ready`)).status;

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('trimtab serve', () => {
  it('ends, and says why, where a process that is to answer cannot start', async () => {
    await expect(serve('--tokens', path.join(folder, 'none.json'))).rejects.toThrow(
      /ended with 2: .*none.json cannot be read: ENOENT/s,
    );
  });

  it('answers in every protocol from model folders, tells its metrics, and drains without losing a request', async () => {
    const { url, child, ended } = await serve('--processes', '2', '--drain-delay', '3', '--run-timeout', '600');
    expect(await ready(url)).toBe(200);
    expect((await tree(url)).status).toBe(200);
    const v2 = { inputs: [{ name: 'features', shape: [1, 30], datatype: 'FP32', data: Array(30).fill(0.5) }] };
    expect((await call(`${url}/v2/models/tree/infer`, v2)).status).toBe(200);
    const metrics = await call(`${url}/metrics`);
    expect(metrics.headers['content-type']).toContain('text/plain; version=0.0.4');
    // Of both processes, whichever was asked: each has one worker, which makes the first run of a model that was not rehearsed.
    expect(metrics.body).toMatch(
      /trimtab_run_requests_total\{environment="local",model="tree",where="runner"\} [12]\n/,
    );
    expect(metrics.body).toMatch(/trimtab_runners\{environment="local",state="up"\} [2-9]\n/);

    // Callers with connections of their own, who go elsewhere once they are told that theirs is closed.
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const statuses: Record<string, number> = {};
    const callers = Array.from({ length: 8 }, async () => {
      for (let told = false; !told; ) {
        const status = await tree(url, agent).then(
          ({ status, headers }) => {
            told = headers.connection === 'close';
            return status;
          },
          (error) => {
            told = true;
            return error.code as string;
          },
        );
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    });
    // One that is under way for a while.
    const long = loop(url, 1_000_000);
    await until(() => (statuses[200] ?? 0) > 50);
    child.kill('SIGTERM');
    await until(async () => (await ready(url).catch(() => 503)) === 503);
    await Promise.all(callers);
    agent.destroy();
    expect(Object.keys(statuses)).toEqual(['200']);
    expect((await long).status).toBe(200);
    expect(await ended).toBe(0);
  });

  it('answers gRPC from all processes on one port, and finishes what is under way there when it drains', async () => {
    const { child, ended, grpc } = await serve('--processes', '2', '--grpc-port', '0', '--drain-delay', '0');
    const client = new GRPCInferenceService(grpc!, credentials.createInsecure());
    const infer = (message: object): Promise<{ model_name: string }> =>
      new Promise((resolve, reject) =>
        client.ModelInfer!(message, (error: Error | null, answer: { model_name: string }) =>
          error ? reject(error) : resolve(answer),
        ),
      );
    try {
      const features = { name: 'features', datatype: 'FP32', shape: ['1', '30'] };
      const row = { fp32_contents: Array(30).fill(0.5) };
      expect(await infer({ model_name: 'tree', inputs: [{ ...features, contents: row }] })).toMatchObject({
        model_name: 'tree',
        model_version: '1',
      });
      const rounds = { name: 'count', datatype: 'INT64', shape: ['1'] };
      const long = infer({
        model_name: 'loop',
        inputs: [{ ...rounds, contents: { int64_contents: ['1000000'] } }],
      });
      await until(async () =>
        (await call(`${server!.url}/metrics`)).body.includes('trimtab_queue_requests{environment="local"} 1'),
      );
      child.kill('SIGTERM');
      expect((await long).model_name).toBe('loop');
      expect(await ended).toBe(0);
    } finally {
      client.close();
    }
  });

  it('ends a run that does not end: 504 in time, others go on, its processor is freed', async () => {
    const { url, child } = await serve('--run-timeout', '2', '--workers', '1');
    expect((await loop(url, 10)).status).toBe(200);
    const [process_] = childrenOf(child.pid!);
    const [worker] = childrenOf(process_!);
    const forever = loop(url, HOURS);
    let answered = 0;
    let ended = false;
    void forever.then(() => {
      ended = true;
    });
    while (!ended) {
      expect((await tree(url)).status).toBe(200);
      answered++;
    }
    expect(answered).toBeGreaterThan(0);
    expect(await forever).toMatchObject({ status: 504, body: expect.stringContaining('within 2 s') });
    await until(() => !childrenOf(process_!).includes(worker!));
    await until(async () => (await ready(url)) === 200);
    expect((await loop(url, 10)).status).toBe(200);
  });

  it('refuses what it has no room for with 503 and Retry-After, and is not ready meanwhile', async () => {
    const { url } = await serve('--queue-requests', '2', '--run-timeout', '600');
    expect((await tree(url)).status).toBe(200);
    void loop(url, HOURS).catch(() => undefined);
    void loop(url, HOURS).catch(() => undefined);
    await until(async () => (await ready(url)) === 503);
    const refused = await loop(url, 1);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(JSON.parse(refused.body).error).toContain('the queue of runs is full (2 of 2 requests');
    expect((await call(`${url}/v2/health/live`)).status).toBe(200);
    expect((await tree(url)).status).toBe(200);
  });

  it('puts another process in the place of one that died, and one of the two goes on meanwhile', async () => {
    const { url, child, output } = await serve('--processes', '2');
    const before = childrenOf(child.pid!);
    process.kill(before[0]!, 'SIGKILL');
    await until(() => output().includes(`process ${before[0]} ended (SIGKILL)`));
    expect((await tree(url)).status).toBe(200);
    await until(() => childrenOf(child.pid!).filter((pid) => !before.includes(pid)).length === 1);
    await until(async () => (await ready(url)) === 200);
  });

  it('stops at once on a second SIGTERM, and leaves no process behind', async () => {
    const { url, child, ended } = await serve('--run-timeout', '600', '--drain-delay', '0');
    const lost = loop(url, HOURS).catch((error) => error.code);
    await until(async () =>
      (await call(`${url}/metrics`)).body.includes('trimtab_queue_requests{environment="local"} 1'),
    );
    const [process_] = childrenOf(child.pid!);
    const [worker] = childrenOf(process_!);
    child.kill('SIGTERM');
    await until(async () => (await ready(url).catch(() => 503)) === 503);
    child.kill('SIGTERM');
    expect(await ended).not.toBe(0);
    expect(await lost).toBe('ECONNRESET');
    await until(() => {
      try {
        return /^State:\s+Z/m.test(readFileSync(`/proc/${worker}/status`, 'utf8'));
      } catch {
        return true;
      }
    });
  });

  it('says what is wrong with a setting, and does not start', async () => {
    await expect(serve('--run-timeout', '-1')).rejects.toThrow("ended with 2: trimtab: --run-timeout is '-1'");
  });
});
