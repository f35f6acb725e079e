import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TensorData } from '../../../core/model/tensor.ts';
import { digestOfFile } from '../../../platform/digest.ts';
import { DigestMismatchError, FeedError, ModelLoadError } from '../../../platform/onnx/errors.ts';
import { loadModel, type OnnxModel } from '../../../platform/onnx/model.ts';
import { WorkerPool, type WorkerPoolOptions } from '../../../server/workers/worker-pool.ts';
import { bundled } from '../../fixtures/bundled.ts';
import { loopModel } from '../../fixtures/onnx/write.ts';
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
    maxWaitMs: 600_000,
    onLost: (what) => lost.push(what),
    ...options,
  });
  return pool;
}
afterEach(() => pool.close());
const load = async (file: string): Promise<OnnxModel> => pool.load(file, { digest: await digestOfFile(file) });

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
    await expect(pool.load(TREE, { digest: 'x' })).rejects.toThrow(DigestMismatchError);
    const none = path.join(folder, 'none.onnx');
    await writeFile(none, 'none');
    await expect(load(none)).rejects.toThrow(ModelLoadError);
    const model = await load(TREE);
    const wrong: TensorData = { type: 'float32', shape: [1, 3], data: new Float32Array(3) };
    await expect(model.run({ features: wrong })).rejects.toThrow(FeedError);
    expect(await model.run(row())).toHaveProperty('label');
  });

  it('ends a run that does not end: 504 in time, the processor freed, and others are served', async () => {
    open({ runTimeoutMs: 1_500 });
    const [stuck, tree] = [await load(loop), await load(TREE)];
    expect((await stuck.run(count(1000n))).product!.data[0]).toBeGreaterThan(1);
    const [pid] = pool.pids;
    expect(alive(pid!)).toBe(true);
    const forever = stuck.run(count(HOURS));
    const behind = tree.run(row());
    await expect(forever).rejects.toMatchObject({ status: 504 });
    expect(await behind).toHaveProperty('label');
    expect(alive(pid!)).toBe(false);
    expect(lost).toEqual(['a worker ended: SIGKILL']);
    expect((await stuck.run(count(10n))).product!.shape).toEqual([1]);
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

  it('fails the run of a worker that crashes, and says that it is one short until another has its place', async () => {
    open();
    const stuck = await load(loop);
    const forever = stuck.run(count(HOURS));
    process.kill(pool.pids[0]!, 'SIGKILL');
    await expect(forever).rejects.toThrow('the worker ended (SIGKILL)');
    expect(pool.states).toMatchObject({ up: 0, lost: 1 });
    expect(await stuck.run(count(1n))).toHaveProperty('product');
    await until(() => pool.states.lost === 0);
  });

  it('refuses with 503 what has waited too long for a worker', async () => {
    open({ maxWaitMs: 50 });
    const stuck = await load(loop);
    const forever = stuck.run(count(HOURS));
    await expect(stuck.run(count(1n))).rejects.toMatchObject({ status: 503, retryAfterSeconds: 1 });
    pool.close();
    await expect(forever).rejects.toThrow('SIGKILL');
  });
});
