import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readNotes } from '../../platform/local/bookkeeping-notes.ts';
import { openLocalHome } from '../../platform/local/home.ts';
import type { Home } from '../../platform/ports.ts';
import { homeOfModels } from '../../server/ephemeral-home.ts';
import { bundledCommand, type Running, startServe } from '../fixtures/command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

// Processes are started, which takes its time where others want the machine.
vi.setConfig({ testTimeout: 120_000 });

const ROW = JSON.stringify({
  inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 30], data: Array(30).fill(0.5) }],
});
const PREDICTIONS = 30;

let folder: string;
let command: string;
let seed: string;
beforeAll(async () => {
  folder = temporaryFolder('full-disk');
  command = await bundledCommand(folder);
  await mkdir(path.join(folder, 'tree'));
  await copyFile('test/fixtures/onnx/tree-30.onnx', path.join(folder, 'tree', 'model.onnx'));
  await writeFile(
    path.join(folder, 'tree', 'model.json'),
    JSON.stringify({ name: 'tree', contract: { features: [] }, monitoring: { captureShare: 1 } }),
  );
  seed = (await homeOfModels([path.join(folder, 'tree')], () => undefined)).folder;
});

let server: Running | undefined;
afterEach(async () => {
  server?.child.kill('SIGKILL');
  await server?.ended;
});

/** A file system of 8 MB in a namespace of the server's own, where the machine lets us make one. */
const MOUNT = 'mount -t tmpfs -o size=8m none "$0" && cp -r "$1"/. "$0" && shift && exec "$@"';
const within = (home: string, from: string): string[] => ['unshare', '-rm', 'sh', '-c', MOUNT, home, from];
const canMount =
  process.platform === 'linux' &&
  spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m none /mnt']).status === 0;

async function post(url: string, at: string, body: string): Promise<Response> {
  return fetch(`${url}${at}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

const truth = (url: string, id: string): Promise<Response> =>
  post(url, '/trimtab/v1/models/tree/truth', JSON.stringify({ records: [{ id, truth: 1 }] }));

/** Values of a metric by kind. */
async function failing(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new Map(
    [...text.matchAll(/^trimtab_bookkeeping_failing\{.*what="(\w+)".*\} (\d)$/gm)].map(([, what, value]) => [
      what!,
      Number(value),
    ]),
  );
}

const linesUnder = async (store: Home['data'], prefix: string): Promise<number> => {
  let lines = 0;
  for await (const { key } of store.list(prefix))
    lines += Buffer.from(await store.get(key))
      .toString('utf8')
      .trim()
      .split('\n').length;
  return lines;
};

/** What must hold while nothing can be written to a home, and after. @param home as this process sees it */
async function goesOn(running: Running, home: string, harm: { begin(): void; end(): void }): Promise<void> {
  const { url } = running;
  expect((await truth(url, 'before')).status).toBe(202);
  harm.begin();
  for (let i = 0; i < PREDICTIONS; i++) expect((await post(url, '/v2/models/tree/infer', ROW)).status).toBe(200);
  const refused = await truth(url, 'while');
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  const kinds = ['metrics', 'captures', 'truths'];
  await expect.poll(() => failing(url), { timeout: 20_000 }).toEqual(new Map(kinds.map((kind) => [kind, 1])));
  // The file of the note has had its room from the beginning.
  await expect
    .poll(async () =>
      (await readNotes(home)).flatMap(({ alive, losses }) => losses.map((each) => `${each.what} ${alive}`).sort()),
    )
    .toEqual(kinds.map((kind) => `${kind} true`).sort());
  harm.end();
  await expect.poll(async () => (await truth(url, 'after')).status, { timeout: 20_000 }).toBe(202);
  await expect.poll(async () => [...(await failing(url)).values()], { timeout: 20_000 }).toEqual([0, 0, 0]);
  const opened = await openLocalHome(home);
  // All that was predicted meanwhile, and what was acknowledged before.
  await expect.poll(() => linesUnder(opened.captures, 'captures/')).toBe(PREDICTIONS);
  expect(await linesUnder(opened.data, 'ground-truth/incoming/tree/')).toBe(2);
  expect((await opened.ledger.latest('tree'))?.number).toBe(3);
  await opened.close();
  running.child.kill('SIGTERM');
  expect(await running.ended).toBe(0);
}

describe('A home that nothing can be written to', () => {
  it.skipIf(!canMount)(
    'on a full disk (a tmpfs; skipped where this user can mount none) keeps nobody from being answered, and nothing is lost',
    async () => {
      const home = path.join(folder, 'mounted');
      mkdirSync(home);
      server = await startServe(command, ['--home', home, '--drain-delay', '0'], process.env, within(home, seed));
      const seen = `/proc/${server.child.pid}/root${home}`;
      const ballast = path.join(seen, 'ballast');
      await goesOn(server, seen, {
        begin: () => expect(() => writeFileSync(ballast, Buffer.alloc(9_000_000))).toThrow('ENOSPC'),
        end: () => rmSync(ballast),
      });
    },
  );

  // The same failures of the file system, where no disk can be had that is full.
  it.skipIf(canMount)(
    'because files stand where folders should be (where no tmpfs can be mounted) keeps nobody from being answered, and nothing is lost',
    async () => {
      const home = path.join(folder, 'broken');
      cpSync(seed, home, { recursive: true });
      server = await startServe(command, ['--home', home, '--drain-delay', '0']);
      const broken = ['captures', 'metrics.jsonl', 'data/ground-truth'].map((name) => path.join(home, name));
      await goesOn(server, home, {
        begin: () => {
          mkdirSync(broken[0]!, { recursive: true });
          appendFileSync(broken[1]!, '');
          for (const each of broken) {
            renameSync(each, `${each}.aside`);
            if (each.endsWith('.jsonl')) mkdirSync(each);
            else writeFileSync(each, '');
          }
        },
        end: () => {
          for (const each of broken) {
            rmSync(each, { recursive: true });
            renameSync(`${each}.aside`, each);
          }
        },
      });
    },
  );
});
