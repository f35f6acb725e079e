import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TensorData } from '../../../core/model/tensor.ts';
import { cacheUse } from '../../../core/serving/cache-use.ts';
import { ResponseCache } from '../../../core/serving/response-cache.ts';

const SETTINGS = { ttlSeconds: 10, maxEntries: 3, maxBytes: 1_000_000 };
const FREELY = cacheUse(undefined);

const outputs = (value: number, length = 1): Record<string, TensorData> => ({
  y: { type: 'float32', shape: [length], data: new Float32Array(length).fill(value) },
});

/** Counts its runs; each gives a number of its own. */
const runner = () => {
  let runs = 0;
  return { run: async () => outputs(++runs), runs: () => runs };
};

describe('ResponseCache', () => {
  it('gives what is kept until it is too old, to the millisecond', async () => {
    const cache = new ResponseCache(SETTINGS);
    const { run, runs } = runner();
    expect((await cache.get('a', FREELY, 0, run)).hit).toBe(false);
    const again = await cache.get('a', FREELY, 9_999, run);
    expect(again).toEqual({ hit: true, outputs: outputs(1) });
    expect((await cache.get('a', FREELY, 10_000, run)).hit).toBe(false);
    expect(runs()).toBe(2);
  });

  it('is never younger for having been asked for', async () => {
    const cache = new ResponseCache(SETTINGS);
    const { run } = runner();
    for (let now = 0; now < 10_000; now += 1_000) await cache.get('a', FREELY, now, run);
    expect((await cache.get('a', FREELY, 10_000, run)).hit).toBe(false);
  });

  it('forgets the least recently used first', async () => {
    const cache = new ResponseCache(SETTINGS);
    const { run } = runner();
    for (const key of ['a', 'b', 'c', 'a', 'd']) await cache.get(key, FREELY, 0, run);
    const hits: string[] = [];
    for (const key of ['a', 'c', 'd', 'b']) if ((await cache.get(key, FREELY, 1, run)).hit) hits.push(key);
    expect(hits).toEqual(['a', 'c', 'd']);
  });

  it('lets no caller push out what others have brought, once there is half of the cache for each', async () => {
    const cache = new ResponseCache({ ttlSeconds: 10, maxEntries: 8, maxBytes: 1_000_000 });
    const { run } = runner();
    const by = (caller: string) => ({ ...FREELY, caller });
    for (const key of ['a', 'b', 'c', 'd']) await cache.get(key, by('healthy'), 0, run);
    for (let i = 0; i < 100; i++) await cache.get(`flood ${i}`, by('greedy'), 0, run);
    expect(cache.entries).toBe(8);
    const hits: string[] = [];
    for (const key of ['a', 'b', 'c', 'd', 'flood 99', 'flood 10'])
      if ((await cache.get(key, { ...by('healthy'), write: false }, 1, run)).hit) hits.push(key);
    expect(hits).toEqual(['a', 'b', 'c', 'd', 'flood 99']);
  });

  it('stays within both bounds, and counts what it holds right, whatever comes', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      length: fc.nat(2_000),
      wait: fc.nat(6_000),
      control: fc.constantFrom(undefined, 'no-store', 'no-cache', 'max-age=2'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const cache = new ResponseCache({ ttlSeconds: 10, maxEntries: 4, maxBytes: 12_000 });
        let now = 0;
        for (const { key, length, wait, control } of steps) {
          now += wait;
          await cache.get(key, cacheUse(control), now, async () => outputs(0, length));
          expect(cache.entries).toBeLessThanOrEqual(4);
          expect(cache.bytes).toBeLessThanOrEqual(12_000);
          expect(cache.bytes).toBeGreaterThanOrEqual(cache.entries * 512);
        }
        for (const key of ['a', 'b', 'c', 'd', 'e', 'f'])
          await cache.get(key, cacheUse('no-cache'), now, async () => outputs(0, 10_000));
        // Each was replaced by something that is too large to be kept.
        expect([cache.entries, cache.bytes]).toEqual([0, 0]);
      }),
      { numRuns: 50 },
    );
  });

  it('runs once for callers that ask for the same at once', async () => {
    const cache = new ResponseCache(SETTINGS);
    let finish = (_: Record<string, TensorData>): void => undefined;
    let runs = 0;
    const run = () => {
      runs++;
      return new Promise<Record<string, TensorData>>((resolve) => {
        finish = resolve;
      });
    };
    const asked = [1, 2, 3].map(() => cache.get('a', FREELY, 0, run));
    finish(outputs(7));
    const answers = await Promise.all(asked);
    expect(runs).toBe(1);
    expect(answers.map(({ hit }) => hit)).toEqual([false, true, true]);
    expect(answers.map((answer) => answer.outputs.y!.data[0])).toEqual([7, 7, 7]);
  });

  it('tells a failure to all who wait for it, and keeps none', async () => {
    const cache = new ResponseCache(SETTINGS);
    let fail = (_: Error): void => undefined;
    const asked = [1, 2].map(() =>
      cache.get(
        'a',
        FREELY,
        0,
        () =>
          new Promise((_, reject) => {
            fail = reject;
          }),
      ),
    );
    fail(new Error('out of memory'));
    const settled = await Promise.allSettled(asked);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await cache.get('a', FREELY, 0, async () => outputs(1))).toEqual({ hit: false, outputs: outputs(1) });
  });

  it('neither answers nor waits for a request that wants no kept answer', async () => {
    const cache = new ResponseCache(SETTINGS);
    const { run, runs } = runner();
    await cache.get('a', FREELY, 0, run);
    for (const header of ['no-store', 'no-cache', 'max-age=0', 'Max-Age=x', 'private, NO-CACHE']) {
      const [first, second] = [cache.get('a', cacheUse(header), 1, run), cache.get('a', cacheUse(header), 1, run)];
      expect([(await first).hit, (await second).hit]).toEqual([false, false]);
    }
    expect(runs()).toBe(11);
  });

  it('leaves nothing of a request that may not be stored', async () => {
    const cache = new ResponseCache(SETTINGS);
    const { run } = runner();
    await cache.get('a', cacheUse('no-store'), 0, run);
    expect([cache.entries, cache.bytes]).toEqual([0, 0]);
    await cache.get('a', cacheUse('no-cache'), 0, run);
    expect((await cache.get('a', FREELY, 0, run)).outputs).toEqual(outputs(2));
  });

  it('gives no answer that is older than the caller says', async () => {
    const cache = new ResponseCache(SETTINGS);
    const { run } = runner();
    await cache.get('a', FREELY, 0, run);
    expect((await cache.get('a', cacheUse('max-age=5'), 5_000, run)).hit).toBe(true);
    expect((await cache.get('a', cacheUse('max-age=5'), 5_001, run)).hit).toBe(false);
  });

  it('gives nothing that seems to come from the future', async () => {
    const cache = new ResponseCache(SETTINGS);
    const { run } = runner();
    await cache.get('a', FREELY, 1_000_000, run);
    expect((await cache.get('a', FREELY, 0, run)).hit).toBe(false);
  });

  it('does not keep a whole batch alive for a part of it', async () => {
    const cache = new ResponseCache(SETTINGS);
    const batch = new Float32Array(1_000);
    const part = { y: { type: 'float32', shape: [1], data: batch.subarray(3, 4) } } as const;
    await cache.get('a', FREELY, 0, async () => part);
    const { outputs: kept } = await cache.get('a', FREELY, 0, async () => part);
    expect((kept.y!.data as Float32Array).buffer.byteLength).toBe(4);
  });
});
