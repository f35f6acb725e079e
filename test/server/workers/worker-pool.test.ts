import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TensorData } from '../../../core/model/tensor.ts';
import { Exposition } from '../../../core/observability/exposition.ts';
import { digestOfFile } from '../../../platform/digest.ts';
import { DigestMismatchError, FeedError, ModelLoadError } from '../../../platform/onnx/errors.ts';
import { loadModel } from '../../../platform/onnx/model.ts';
import {
  QUICK_LOAD_MS,
  type WorkerModelHandle,
  WorkerPool,
  type WorkerPoolOptions,
} from '../../../server/workers/worker-pool.ts';
import { bundled } from '../../fixtures/bundled.ts';
import { expandModel, foldingModel, loopModel } from '../../fixtures/onnx/write.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const TREE = path.resolve('test/fixtures/onnx/tree-30.onnx');
const HOURS = 100_000_000_000n;
const count = (value: bigint): Record<string, TensorData> => ({
  count: { type: 'int64', shape: [1], data: BigInt64Array.of(value) },
});
const row = (fill = 0.5): Record<string, TensorData> => ({
  features: { type: 'float32', shape: [1, 30], data: new Float32Array(30).fill(fill) },
});

// Processes are started, which takes its time where others want the machine.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let loop: string;
let worker: string;
beforeAll(async () => {
  folder = temporaryFolder('workers');
  worker = await bundled(folder, 'worker', 'platform/onnx/worker/entry.ts');
  loop = path.join(folder, 'loop.onnx');
  await writeFile(loop, loopModel());
});

let pool: WorkerPool;
const lost: string[] = [];
function open(options: Partial<WorkerPoolOptions> = {}): WorkerPool {
  lost.length = 0;
  pool = new WorkerPool({
    entry: { file: worker },
    size: 1,
    runTimeoutMs: 600_000,
    loadTimeoutMs: 600_000,
    memoryMb: 4_096,
    maxWaitMs: 600_000,
    onLost: (what) => lost.push(what),
    ...options,
  });
  return pool;
}
afterEach(() => pool.close());
const source = async (file: string) => ({
  name: path.basename(file, '.onnx'),
  version: 1,
  path: file,
  digest: await digestOfFile(file),
  threads: 1,
});
const load = async (file: string): Promise<WorkerModelHandle> => pool.load(await source(file));
/** A model that takes some seconds to load, and 400 MB. */
async function slowFile(): Promise<string> {
  const file = path.join(folder, 'slow.onnx');
  await writeFile(file, foldingModel(6_000));
  return file;
}
/** What `what` gives once it is no longer refused for a pause. */
async function afterPause<T>(what: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await what();
    } catch (error) {
      if (!/ pauses: /.test((error as Error).message)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 20));
}
const alive = (pid: number): boolean => {
  try {
    // A zombie waits to be reaped and takes no processor.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('WorkerPool', () => {
  it('answers as the model does in this process, and says how long a run waited', async () => {
    open();
    const [there, here] = [await load(TREE), await loadModel(TREE, { digest: await digestOfFile(TREE) })];
    expect(there.signature).toEqual(here.signature);
    const report: { queue?: number } = {};
    expect(await there.run(row(), undefined, report)).toEqual(await here.run(row()));
    expect(await there.run(row(), ['label'])).toEqual(await here.run(row(), ['label']));
    expect(report.queue).toBeGreaterThanOrEqual(0);
    await here.release();
  });

  it('keeps what an error is: damaged, not a model, not fed rightly', async () => {
    open();
    await expect(source(TREE).then((tree) => pool.load({ ...tree, digest: 'x' }))).rejects.toThrow(DigestMismatchError);
    const none = path.join(folder, 'none.onnx');
    await writeFile(none, 'none');
    await expect(load(none)).rejects.toThrow(ModelLoadError);
    const model = await load(TREE);
    const wrong: TensorData = { type: 'float32', shape: [1, 3], data: new Float32Array(3) };
    await expect(model.run({ features: wrong })).rejects.toThrow(FeedError);
    expect(await model.run(row())).toHaveProperty('label');
  });

  it('makes the runs of others in another worker while one does not end', async () => {
    open();
    const [stuck, tree] = [await load(loop), await load(TREE)];
    expect((await stuck.run(count(1000n))).product!.data[0]).toBeGreaterThan(1);
    const forever = stuck.run(count(HOURS));
    const pids = pool.pids;
    expect(await tree.run(row())).toHaveProperty('label');
    expect(pool.pids.filter((pid) => !pids.includes(pid))).toHaveLength(1);
    pool.close();
    await expect(forever).rejects.toThrow('SIGKILL');
  });

  it('ends a run that does not end: 504 in time, and its processor freed', async () => {
    open({ runTimeoutMs: 300 });
    const stuck = await load(loop);
    const before = pool.pids;
    await expect(stuck.run(count(HOURS))).rejects.toMatchObject({ status: 504 });
    await until(() => before.filter(alive).length < before.length);
    expect(lost).toContain('a worker ended: SIGKILL');
  });

  it('lets a model pause whose run was ended, and says why; others do not notice', async () => {
    open({ runTimeoutMs: 300 });
    const [stuck, tree] = [await load(loop), await load(TREE)];
    const waits = Array.from({ length: 3 }, () => stuck.run(count(HOURS)));
    const ends = await Promise.allSettled(waits);
    expect(ends.map((end) => (end as PromiseRejectedResult).reason.status).sort()).toEqual([503, 503, 504]);
    await expect(stuck.run(count(1n))).rejects.toMatchObject({ status: 503, retryAfterSeconds: 1 });
    expect(stuck.pause()).toMatchObject({ reason: 'a run of it has not ended in time', failures: 1 });
    expect(await tree.run(row())).toHaveProperty('label');
    const text = new Exposition('local');
    await pool.collect(text);
    expect(text.toString()).toMatch(
      /trimtab_runs_ended_total\{environment="local",model="loop",version="1",reason="time"\} 1/,
    );
    expect((await afterPause(() => stuck.run(count(1n)))).product!.shape).toEqual([1]);
    expect(stuck.pause()).toBeUndefined();
  });

  it('ends a run that takes more memory than it may, and tells its caller', async () => {
    open({ memoryMb: 400 });
    const file = path.join(folder, 'expand.onnx');
    await writeFile(file, expandModel());
    const [greedy, tree] = [await load(file), await load(TREE)];
    expect((await greedy.run(count(1000n))).sum!.data[0]).toBe(1000);
    await expect(greedy.run(count(1_000_000_000n))).rejects.toMatchObject({
      status: 500,
      message: 'the run took more than the 400 MB that it may have, and was ended',
    });
    expect(await tree.run(row())).toHaveProperty('label');
  });

  it('lets a model pause for which there is not enough memory, and says so', async () => {
    open({ memoryMb: 400 });
    const file = path.join(folder, 'expand.onnx');
    await writeFile(file, expandModel());
    const greedy = await load(file);
    await expect(greedy.run(count(10n ** 15n))).rejects.toMatchObject({
      status: 500,
      message: 'the run needs more memory than there is',
    });
    await expect(greedy.run(count(1n))).rejects.toMatchObject({ status: 503, retryAfterSeconds: 1 });
    expect(greedy.pause()).toMatchObject({
      reason: 'a run of it took more memory than it may, or than there is',
      failures: 1,
    });
  });

  it('loads what takes long where nobody waits for it: neither runs nor loads of others', async () => {
    open();
    const tree = await load(TREE);
    const slow = load(await slowFile()).catch((error: Error) => error);
    expect(await tree.run(row())).toHaveProperty('label');
    expect(await load(TREE)).toHaveProperty('signature');
    pool.close();
    expect(await slow).toBeInstanceOf(ModelLoadError);
  });

  it('ends a load that takes longer than it may, or more memory', async () => {
    const within = (options: Partial<WorkerPoolOptions>) => {
      open(options);
      return slowFile()
        .then(load)
        .finally(() => pool.close());
    };
    await expect(within({ loadTimeoutMs: 300 })).rejects.toThrow(/within its budget: .* not answered within 0.3 s/);
    await expect(within({ memoryMb: 250 })).rejects.toThrow(/within its budget: .* took more than the 250 MB/);
  });

  it('gives what loads slowly a worker of its own, the one that has loaded it', async () => {
    open();
    const slow = path.join(folder, 'rather-slow.onnx');
    await writeFile(slow, foldingModel(4_000));
    const model = await load(slow);
    expect(model.loadMs).toBeGreaterThan(QUICK_LOAD_MS);
    const { pids } = pool;
    const x: TensorData = { type: 'float32', shape: [1, 1], data: Float32Array.of(1) };
    expect((await model.run({ x })).y!.shape).toEqual([1, 1]);
    expect(pool.pids).toEqual(pids);
    await model.release();
    await until(() => pool.pids.length === 0);
  });

  it('lets other workers go on while one is stuck', async () => {
    open({ size: 2, runTimeoutMs: 60_000 });
    const [stuck, tree] = [await load(loop), await load(TREE)];
    let ended = false;
    const forever = stuck.run(count(HOURS)).catch(() => {
      ended = true;
    });
    for (let i = 0; i < 20; i++) expect(await tree.run(row(i))).toHaveProperty('label');
    expect(ended).toBe(false);
    pool.close();
    await forever;
  });

  it('fails the run of a worker that crashes, and makes the next ones in another', async () => {
    open();
    const stuck = await load(loop);
    await stuck.warm();
    const before = pool.pids;
    const forever = stuck.run(count(HOURS));
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await expect(forever).rejects.toThrow('the worker ended (SIGKILL)');
    expect(await afterPause(() => stuck.run(count(1n)))).toHaveProperty('product');
  });

  it('refuses with 503 what has waited too long for a worker', async () => {
    open({ maxWaitMs: 50 });
    const stuck = await load(loop);
    await stuck.warm();
    const forever = stuck.run(count(HOURS));
    await expect(stuck.run(count(1n))).rejects.toMatchObject({ status: 503, retryAfterSeconds: 1 });
    pool.close();
    await expect(forever).rejects.toThrow('SIGKILL');
  });
});
