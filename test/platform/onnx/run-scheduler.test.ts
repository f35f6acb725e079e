import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunReport } from '../../../core/observability/observation.ts';
import { loadModel } from '../../../platform/onnx/model.ts';
import { runPerTick } from '../../../platform/onnx/run-scheduler.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Keeps the event loop from turning. */
const holdUp = (ms: number): void => {
  for (const from = performance.now(); performance.now() - from < ms; );
};

describe('inTurn', () => {
  // What one test leaves for the next turn is no other's.
  afterEach(async () => {
    for (let turns = 0; turns < 3; turns++) await nextTurn();
  });

  it('makes the first run at once and those after it together, in their order, before any of their answers is used', async () => {
    const seen: string[] = [];
    const ask = async (name: string): Promise<void> => {
      const given = runPerTick(() => {
        seen.push(`run ${name}`);
        return name;
      });
      seen.push(`use ${await given}`);
    };
    const asked = ['a', 'b', 'c', 'd'].map(ask);
    expect(seen).toEqual(['run a']);
    await Promise.all(asked);
    expect(seen).toEqual(['run a', 'use a', 'run b', 'run c', 'run d', 'use b', 'use c', 'use d']);
  });

  it('gives every caller its own result or error, also among others', async () => {
    const fails = (): never => {
      throw new RangeError('mine');
    };
    expect(runPerTick(() => 1)).toBe(1);
    const [second, third, fourth] = await Promise.allSettled([
      runPerTick(() => 2),
      runPerTick(fails),
      runPerTick(() => 4),
    ]);
    expect(second).toEqual({ status: 'fulfilled', value: 2 });
    expect(third).toMatchObject({ status: 'rejected', reason: { message: 'mine' } });
    expect(fourth).toEqual({ status: 'fulfilled', value: 4 });
    await nextTurn();
    expect(fails).toThrow('mine');
    expect(runPerTick(() => 5)).toBe(5);
  });

  it('lets others be heard between long runs, and makes every run once', async () => {
    const order: (number | 'other')[] = [];
    const runs = Array.from({ length: 4 }, (_, i) =>
      runPerTick(() => {
        holdUp(3);
        order.push(i);
      }),
    );
    let ended = false;
    const others = (async () => {
      while (!ended) {
        await nextTurn();
        order.push('other');
      }
    })();
    await Promise.all(runs);
    ended = true;
    await others;
    expect(order.filter((each) => each !== 'other')).toEqual([0, 1, 2, 3]);
    for (const [before, after] of [
      [1, 2],
      [2, 3],
    ] as const)
      expect(order.slice(order.indexOf(before), order.indexOf(after))).toContain('other');
  });
});

describe('a model in this process', () => {
  it('lets others be heard in the middle of thousands of short runs', async () => {
    const model = await tree();
    let ended = false;
    let heard = 0;
    const others = (async () => {
      while (!ended) {
        await nextTurn();
        heard++;
      }
    })();
    // As somebody who explains: one after the other, each awaited.
    const from = performance.now();
    for (let runs = 0; runs < 3_000 || performance.now() - from < 50; runs++) await model.run({ features });
    ended = true;
    await others;
    expect(heard).toBeGreaterThan(3);
    await model.release();
  });

  it('tells how long each run took, and of those that had to wait how long they did', async () => {
    const model = await tree();
    const [first, second]: RunReport[] = [{}, {}];
    const runs = [model.run({ features }, undefined, first), model.run({ features }, undefined, second)];
    holdUp(5);
    await Promise.all(runs);
    expect(first).toEqual({ run: expect.any(Number) });
    expect(first!.run).toBeGreaterThan(0);
    expect(second!.run).toBeGreaterThan(0);
    expect(second!.queue).toBeGreaterThanOrEqual(5);
    await model.release();
  });
});

const features = { type: 'float32' as const, shape: [1, 30], data: new Float32Array(30) };

async function tree(): ReturnType<typeof loadModel> {
  const file = path.resolve('test/fixtures/onnx/tree-30.onnx');
  const digest = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  return loadModel(file, { digest });
}
