import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { bundledCommand, childrenOf, type Running, startServe } from '../../fixtures/command.ts';
import { type ClientResponse, HttpClient } from '../../fixtures/http-client.ts';
import { TREE } from '../../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

// Processes are started, which takes its time where others want the machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let folder: string;
let command: string;
let server: Running | undefined;
beforeAll(async () => {
  folder = temporaryFolder('replaced-test');
  command = await bundledCommand(folder);
  await mkdir(path.join(folder, 'tree'));
  await copyFile('test/fixtures/onnx/tree-30.onnx', path.join(folder, 'tree', 'model.onnx'));
  await writeFile(path.join(folder, 'tree', 'model.json'), JSON.stringify(TREE));
});
afterEach(async () => {
  server?.child.kill('SIGKILL');
  await server?.ended;
});

/** The home that is made of model folders goes into a temporary folder of this test's own. */
const serve = async (...args: string[]): Promise<Running> => {
  server = await startServe(command, args, { ...process.env, TMPDIR: folder });
  return server;
};
const TREE_FOLDER = () => ['--model', path.join(folder, 'tree')];

const predict = (client: HttpClient): Promise<ClientResponse> =>
  client.ask({ path: '/v1/models/tree:predict', body: JSON.stringify({ instances: [Array(30).fill(0.5)] }) });

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const metric = (text: string, start: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(start))
      ?.split(' ')
      .at(-1),
  );

describe('trimtab serve', () => {
  it('replaces a process that gives no sign of life: callers of the other go on, no counter falls', async () => {
    const { url, child, output } = await serve(...TREE_FOLDER(), '--processes', '2', '--stall-timeout', '2');
    // Connections go to one process after the other.
    const clients = Array.from({ length: 4 }, () => new HttpClient(url));
    for (const client of clients) expect((await predict(client)).status).toBe(200);
    const scrape = new HttpClient(url);
    const count = async () =>
      metric((await scrape.ask({ method: 'GET', path: '/metrics' })).body.toString('utf8'), 'nv_inference_count{');
    expect(await count()).toBe(4);
    const before = childrenOf(child.pid!);
    let over = false;
    process.kill(before[0]!, 'SIGSTOP');
    const told = await Promise.all(
      clients.map(async (client) => {
        let answered = 0;
        try {
          // Somebody who is on the process that stands still is told by the end of the connection.
          for (; !over; answered++) expect((await predict(client)).status).toBe(200);
          return answered;
        } catch (error) {
          expect((error as Error).message).toMatch(/ECONNRESET|socket hang up/);
          return undefined;
        } finally {
          over ||= output().includes(`process ${before[0]} has given no sign of life for 2 s`);
        }
      }),
    );
    expect(told.filter((answered) => answered === undefined)).toHaveLength(2);
    expect(Math.max(...told.map((answered) => answered ?? 0))).toBeGreaterThan(0);
    await until(() => childrenOf(child.pid!).some((pid) => !before.includes(pid)));
    await until(async () => (await clients[0]!.ask({ method: 'GET', path: '/v2/health/ready' })).status === 200);
    const answered = told.reduce<number>((sum, each) => sum + (each ?? 0), 4);
    expect(await count()).toBeGreaterThanOrEqual(answered);
    for (const client of clients) expect((await predict(client)).status).toBe(200);
    expect(await count()).toBeGreaterThanOrEqual(answered + 4);
    for (const client of [...clients, scrape]) client.close();
  });

  it('hands a connection on that a process had not accepted when it was killed', async () => {
    const { url, child } = await serve(...TREE_FOLDER(), '--processes', '2');
    const [stopped] = childrenOf(child.pid!);
    process.kill(stopped!, 'SIGSTOP');
    const clients = Array.from({ length: 6 }, () => new HttpClient(url));
    let waiting = clients.length;
    const asked = clients.map(async (client) => {
      const { status } = await predict(client);
      waiting--;
      return status;
    });
    // One has been handed to it; while it says nothing, it is handed no other.
    await until(() => waiting === 1);
    process.kill(stopped!, 'SIGKILL');
    expect(await Promise.all(asked)).toEqual(clients.map(() => 200));
    for (const client of clients) client.close();
  });

  it('ends with its supervisor, in a word, and leaves no home behind: what a killed server could not remove, the next one does', async () => {
    const homes = async () => (await readdir(folder)).filter((name) => name.startsWith('trimtab-serve-'));
    const { child, ended, output } = await serve(...TREE_FOLDER());
    const [answering] = childrenOf(child.pid!);
    const killed = await homes();
    expect(killed).toHaveLength(1);
    child.kill('SIGKILL');
    await ended;
    await until(() => output().includes(`process ${answering} ends, because its supervisor is gone`));
    expect(output()).not.toMatch(/Error|^ +at /m);
    expect(await homes()).toEqual(killed);
    // Nobody has to be told before they end.
    const args = [...TREE_FOLDER(), '--drain-delay', '0'];
    const second = await serve(...args);
    const [own, ...others] = await homes();
    expect(others).toEqual([]);
    expect(own).not.toBe(killed[0]);
    // One that lives keeps its own.
    const third = await startServe(command, args, { ...process.env, TMPDIR: folder });
    expect(await homes()).toContain(own);
    for (const { child: each, ended: end } of [second, third]) {
      each.kill('SIGTERM');
      await end;
    }
    expect(await homes()).toEqual([]);
  });
});
