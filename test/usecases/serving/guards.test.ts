import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../core/serving/http.ts';
import { loadModel, readSignature } from '../../../platform/onnx/model.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { modelFolder, PIPELINE, ROW, read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

let fixture: ServingFixture;
beforeEach(async () => {
  fixture = await ServingFixture.open();
});
afterEach(() => fixture.close());

const V1 = '/v1/models/pipeline:predict';
const V2 = '/v2/models/pipeline/infer';
const v2Body = (distance: number, parameters = {}) => ({
  inputs: [
    { name: 'carrier', shape: [1, 1], datatype: 'BYTES', data: ['B6'] },
    { name: 'distance', shape: [1, 1], datatype: 'FP32', data: [distance] },
    { name: 'temperature', shape: [1, 1], datatype: 'FP32', data: [null] },
  ],
  ...parameters,
});

/** The same row with its numbers in binary. */
function binary(distance: number): HttpRequest {
  const [carrier, ...numbers] = v2Body(distance).inputs;
  const text = JSON.stringify({
    inputs: [carrier, ...numbers.map(({ data: _, ...rest }) => ({ ...rest, parameters: { binary_data_size: 4 } }))],
  });
  const head = Buffer.from(text);
  const body = Buffer.concat([head, Buffer.from(Float32Array.of(distance, Number.NaN).buffer)]);
  return request('POST', V2, body, { 'inference-header-content-length': String(head.length) });
}

const outputs = (body: { outputs: { name: string; data: unknown[] }[] }) =>
  Object.fromEntries(body.outputs.map(({ name, data }) => [name, data]));

describe('The response cache', () => {
  const CACHED = { ...PIPELINE, serving: { cache: { ttlSeconds: 60 } } };
  const ask = async (endpoint: Endpoint, distance: number, headers: Record<string, string> = {}, at = V1) => {
    const response = read(await endpoint.handle(request('POST', at, { instances: [{ ...ROW, distance }] }, headers)));
    return { ...response, cache: response.headers['x-trimtab-cache'] };
  };

  it('is off unless the manifest turns it on', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint();
    expect((await ask(endpoint, 1)).cache).toBeUndefined();
    expect(fixture.metric('CacheHit')).toEqual([]);
  });

  it('knows a row again in whatever protocol it comes, and nothing else for it', async () => {
    await fixture.release(CACHED, 'pipeline');
    const endpoint = await fixture.endpoint();
    const first = await ask(endpoint, 1500);
    expect(first.cache).toBe('miss');
    const json = read(await endpoint.handle(request('POST', V2, v2Body(1500))));
    const bytes = read(await endpoint.handle(binary(1500)));
    expect([json, bytes].map(({ headers }) => headers['x-trimtab-cache'])).toEqual(['hit', 'hit']);
    expect(outputs(bytes.body)).toEqual(outputs(json.body));
    expect(first.body.predictions[0].probabilities).toEqual(outputs(json.body).probabilities);
    expect((await ask(endpoint, 1501)).cache).toBe('miss');
    const part = v2Body(1500, { outputs: [{ name: 'probabilities' }] });
    expect(read(await endpoint.handle(request('POST', V2, part))).headers['x-trimtab-cache']).toBe('miss');
  });

  it('makes every answer a prediction of its own: id, capture, metrics', async () => {
    await fixture.release(CACHED, 'pipeline');
    const endpoint = await fixture.endpoint();
    for (const id of ['a', 'b', 'c'])
      expect((await ask(endpoint, 7, { 'x-request-id': id })).headers['x-trimtab-prediction-id']).toBe(id);
    expect(fixture.captures().map(({ id, scores }) => [id, scores!.length])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ]);
    expect(fixture.metric('CacheHit').map(({ CacheHit, Failure, Rows }) => [CacheHit, Failure, Rows])).toEqual([
      [0, 0, 1],
      [1, 0, 1],
      [1, 0, 1],
    ]);
  });

  it('has no part in a request that says no-store or no-cache', async () => {
    await fixture.release(CACHED, 'pipeline');
    const endpoint = await fixture.endpoint();
    const cache = async (control?: string) =>
      (await ask(endpoint, 3, control === undefined ? {} : { 'cache-control': control })).cache;
    expect([await cache('no-store'), await cache(), await cache()]).toEqual(['bypass', 'miss', 'hit']);
    expect([await cache('no-cache'), await cache('no-store'), await cache()]).toEqual(['bypass', 'bypass', 'hit']);
    expect(fixture.metric('CacheHit')).toHaveLength(3);
  });

  it('answers no version with the answer of another', async () => {
    await fixture.release(CACHED, 'pipeline');
    await fixture.register(CACHED, 'pipeline', 'second');
    await fixture.apply('pipeline', {
      type: 'start-canary',
      version: 2,
      steps: [0.5, 1],
      reason: 'test',
    });
    const endpoint = await fixture.endpoint();
    const version = async (number: number) =>
      (await ask(endpoint, 5, {}, `/v1/models/pipeline/versions/${number}:predict`)).cache;
    expect([await version(1), await version(2), await version(1), await version(2)]).toEqual([
      'miss',
      'miss',
      'hit',
      'hit',
    ]);
  });

  it('gives nothing that is older than its time to live', async () => {
    await fixture.release(CACHED, 'pipeline');
    let now = Date.now();
    const endpoint = await fixture.endpoint({ home: { ...fixture.home, clock: { now: () => new Date(now) } } });
    await ask(endpoint, 5);
    now += 59_999;
    expect((await ask(endpoint, 5)).cache).toBe('hit');
    now += 1;
    expect((await ask(endpoint, 5)).cache).toBe('miss');
  });

  it('lets requests for the same at the same time share one run', async () => {
    await fixture.release(CACHED, 'pipeline');
    let runs = 0;
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const endpoint = await fixture.endpoint({
      load: async ({ artifact }, file) => {
        const model = await loadModel(file, { digest: artifact.digest });
        return {
          ...model,
          run: async (...args) => {
            runs++;
            await gate;
            return model.run(...args);
          },
        };
      },
    });
    const asked = [1, 2, 3].map((i) => ask(endpoint, 9, { 'x-request-id': `r${i}` }));
    open();
    const answers = await Promise.all(asked);
    expect(runs).toBe(1);
    expect(answers.map(({ cache }) => cache)).toEqual(['miss', 'hit', 'hit']);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(fixture.captures().map(({ id }) => id)).toEqual(['r1', 'r2', 'r3']);
  });

  it('keeps no failure', async () => {
    await fixture.release(CACHED, 'pipeline');
    let broken = true;
    const endpoint = await fixture.endpoint({
      load: async ({ artifact }, file) => {
        const model = await loadModel(file, { digest: artifact.digest });
        return {
          ...model,
          run: async (...args) => {
            if (broken) throw new Error('out of memory');
            return model.run(...args);
          },
        };
      },
    });
    expect((await ask(endpoint, 9)).status).toBe(500);
    broken = false;
    expect((await ask(endpoint, 9)).cache).toBe('miss');
  });
});

describe('The rate limit', () => {
  const LIMITED = { ...PIPELINE, guards: { rateLimit: { perSecond: 1, burst: 2 } } };
  let now: number;
  const open = () => {
    now = Date.now();
    return fixture.endpoint({ home: { ...fixture.home, clock: { now: () => new Date(now) } } });
  };
  const from = (caller: string | undefined, at: string, body: unknown, headers = {}): HttpRequest => ({
    ...request('POST', at, body, headers),
    caller,
  });

  it('answers 429 in the form of the protocol, and says when to come back', async () => {
    await fixture.release(LIMITED, 'pipeline');
    const endpoint = await open();
    const ask = async (at: string, body: unknown) => read(await endpoint.handle(from('a', at, body)));
    expect((await ask(V1, { instances: [ROW] })).status).toBe(200);
    expect((await ask(V2, v2Body(1))).status).toBe(200);
    for (const [at, body] of [
      [V1, { instances: [ROW] }],
      [V2, v2Body(1)],
    ] as const) {
      const { status, headers, body: told } = await ask(at, body);
      expect([status, headers['retry-after']]).toEqual([429, '1']);
      expect(told.error).toContain('1 a second are allowed, 2 at once');
    }
    now += 1_000;
    expect((await ask(V1, { instances: [ROW] })).status).toBe(200);
    expect((await ask(V1, { instances: [ROW] })).status).toBe(429);
  });

  it('goes by who the carrier says it is, whatever the request says of itself', async () => {
    await fixture.release(LIMITED, 'pipeline');
    const endpoint = await open();
    const status = async (caller: string | undefined, i: number) => {
      const headers = { 'x-forwarded-for': `10.0.0.${i}`, 'x-request-id': `r${i}`, forwarded: `for=10.0.0.${i}` };
      return (await endpoint.handle(from(caller, V1, { instances: [ROW] }, headers))).status;
    };
    expect([await status('a', 1), await status('a', 2), await status('a', 3)]).toEqual([200, 200, 429]);
    expect(await status('b', 4)).toBe(200);
    // Nobody knows who these are, so they are one.
    expect([await status(undefined, 5), await status(undefined, 6), await status(undefined, 7)]).toEqual([
      200, 200, 429,
    ]);
  });

  it('comes before the body is unpacked or read, and shows as a metric that is no failure', async () => {
    await fixture.release(LIMITED, 'pipeline');
    const endpoint = await open();
    const bad = from('a', V1, 'no JSON', { 'content-encoding': 'gzip' });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await endpoint.handle(bad)).status);
    expect(statuses).toEqual([400, 400, 429]);
    expect(fixture.metric('RateLimited').at(-1)).toMatchObject({
      RateLimited: 1,
      Model: 'pipeline',
      Variant: 'champion',
      Version: '1',
    });
    expect(fixture.metric('RateLimited').at(-1)).not.toHaveProperty('Failure');
    expect(fixture.metric('RateLimited').at(-1)).not.toHaveProperty('Latency');
  });

  it('is not for looking, and not for another model', async () => {
    await fixture.release(LIMITED, 'pipeline');
    await fixture.release({ ...PIPELINE, name: 'other' }, 'pipeline', 'other');
    const endpoint = await open();
    for (let i = 0; i < 5; i++) {
      expect((await endpoint.handle({ ...request('GET', '/v2/models/pipeline'), caller: 'a' })).status).toBe(200);
      expect((await endpoint.handle(from('a', '/v1/models/other:predict', { instances: [ROW] }))).status).toBe(200);
    }
    expect((await endpoint.handle(from('a', V1, { instances: [ROW] }))).status).toBe(200);
  });
});

describe('What is unlike the baseline', () => {
  const numeric = (edges: number[], counts: number[], [min, max]: readonly [number, number], missing = 0) => ({
    kind: 'numeric',
    rows: 10_000,
    missing,
    edges,
    counts,
    min,
    max,
    mean: (min + max) / 2,
    m2: 1,
  });
  const BASELINE = {
    format: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    source: 'a'.repeat(64),
    profile: {
      rows: 10_000,
      columns: {
        carrier: {
          kind: 'categorical',
          rows: 10_000,
          missing: 0,
          categories: ['B6', 'UA', 'AA'],
          counts: [6_000, 3_998, 2],
          other: 0,
          unseen: 0,
        },
        distance: numeric([1_000], [5_000, 5_000], [100, 2_000]),
        temperature: numeric([0], [2_500, 2_500], [-20, 40], 5_000),
      },
    },
    chunks: [],
  };

  const release = async (action: string, baseline?: object): Promise<Endpoint> => {
    const manifest = { ...PIPELINE, guards: { outOfDistribution: { action } } };
    const folder = await modelFolder(fixture.folder, manifest, 'pipeline');
    if (baseline !== undefined) await writeFile(path.join(folder, 'baseline.json'), JSON.stringify(baseline));
    await fixture.registry.register(folder, await readSignature(path.join(folder, 'model.onnx')));
    await fixture.apply('pipeline', { type: 'approve', version: 1, reason: 'test' });
    await fixture.apply('pipeline', { type: 'release', version: 1, reason: 'test' });
    return fixture.endpoint();
  };
  const ask = async (endpoint: Endpoint, instances: unknown[]) =>
    read(await endpoint.handle(request('POST', V1, { instances })));

  it('is answered and told, counted and captured, where it is flagged', async () => {
    const endpoint = await release('flag', BASELINE);
    const usual = await ask(endpoint, [ROW]);
    expect(usual.status).toBe(200);
    expect(usual.headers).not.toHaveProperty('x-trimtab-out-of-distribution');
    const odd = await ask(endpoint, [ROW, { ...ROW, carrier: 'AA' }, { ...ROW, distance: 4_999 }]);
    expect(odd.status).toBe(200);
    expect(odd.headers['x-trimtab-out-of-distribution']).toBe('rows=2, worst=2, share=0.000, features="distance"');
    expect(fixture.metric('OutOfDistribution').map(({ OutOfDistribution }) => OutOfDistribution)).toEqual([0, 1]);
    expect(fixture.metric('OutOfDistribution')[1]).toMatchObject({ Violation: 0, Failure: 0, Rows: 3 });
    expect(fixture.captures().map(({ outOfDistribution }) => outOfDistribution)).toEqual([undefined, 2]);
  });

  it('is refused where it is to be, with the row and the features', async () => {
    const endpoint = await release('refuse', BASELINE);
    expect((await ask(endpoint, [ROW])).status).toBe(200);
    const { status, body } = await ask(endpoint, [ROW, { ...ROW, distance: 4_999 }]);
    expect(status).toBe(400);
    expect(body.error).toMatch(/^1 row\(s\) are unlike .* row 1 by distance, as at most 0\.012 % of that data are$/);
    expect(fixture.metric('OutOfDistribution').at(-1)).toMatchObject({
      OutOfDistribution: 1,
      Violation: 1,
    });
  });

  it('is looked for from the first request on, also when the store of baselines is away', async () => {
    await release('refuse', BASELINE);
    const { home } = fixture;
    const away = { ...home.artifacts, get: () => Promise.reject(new Error('away')) };
    const endpoint = await fixture.endpoint({ home: { ...home, artifacts: away } });
    expect((await ask(endpoint, [{ ...ROW, distance: 4_999 }])).status).toBe(400);
  });

  it('cannot be asked for without anything to hold rows against', async () => {
    await expect(release('flag')).rejects.toThrow('there is no baseline.json');
  });
});

describe('What is told of confidence', () => {
  const guarded = (guards: object) => ({
    ...PIPELINE,
    outputs: [
      { name: 'label', meaning: 'label' },
      { name: 'probabilities', meaning: 'probabilities' },
    ],
    guards,
  });
  /** The probabilities as each protocol gives them. */
  const told = async (endpoint: Endpoint): Promise<unknown[]> => {
    const v1 = read(await endpoint.handle(request('POST', V1, { instances: [ROW] }))).body;
    const columns = read(
      await endpoint.handle(
        request('POST', V1, { inputs: { carrier: ['B6'], distance: [1500], temperature: [null] } }),
      ),
    ).body;
    const json = read(await endpoint.handle(request('POST', V2, v2Body(1500)))).body;
    const raw = await endpoint.handle(
      request('POST', V2, v2Body(1500, { outputs: [{ name: 'probabilities', parameters: { binary_data: true } }] })),
    );
    const bytes = Buffer.from(raw.body as Uint8Array).subarray(-8);
    const numbers = [bytes.readFloatLE(0), bytes.readFloatLE(4)].map((x) =>
      Number.isNaN(x) ? null : Number(x.toPrecision(6)),
    );
    return [v1.predictions[0].probabilities, columns.outputs.probabilities[0], outputs(json).probabilities, numbers];
  };

  it('is a number of decimals in every protocol, and all of them in the capture', async () => {
    await fixture.release(guarded({ round: 2 }), 'pipeline');
    const endpoint = await fixture.endpoint();
    const all = await told(endpoint);
    for (const numbers of all as number[][])
      for (const number of numbers) expect(number).toBe(Number(number.toFixed(2)));
    expect(new Set(all.map((each) => JSON.stringify(each))).size).toBe(1);
    const [score] = fixture.captures()[0]!.scores!;
    expect(score).not.toBe(Number(score!.toFixed(2)));
    expect(Number(score!.toFixed(2))).toBe((all as number[][])[0]![1]);
  });

  it('is the class and no number', async () => {
    await fixture.release(guarded({ confidence: 'label-only' }), 'pipeline');
    const endpoint = await fixture.endpoint();
    const all = await told(endpoint);
    expect(all).toEqual(all.map(() => all[0]));
    expect([...(all[0] as number[])].sort()).toEqual([0, 1]);
    expect(fixture.captures()[0]!.scores![0]).toBeGreaterThan(0);
    expect(fixture.captures()[0]!.scores![0]).toBeLessThan(1);
  });

  it('is that of the likeliest class alone', async () => {
    await fixture.release(guarded({ confidence: 'top1', round: 3 }), 'pipeline');
    const all = await told(await fixture.endpoint());
    expect(all).toEqual(all.map(() => all[0]));
    const [number, ...more] = (all[0] as (number | null)[]).filter((each) => each !== null);
    expect(more).toEqual([]);
    expect(number).toBeGreaterThanOrEqual(0.5);
  });

  it('is the same out of the cache, where the full numbers are kept', async () => {
    const cached = { ...guarded({ round: 1 }), serving: { cache: { ttlSeconds: 60 } } };
    await fixture.release(cached, 'pipeline');
    const endpoint = await fixture.endpoint();
    await told(endpoint);
    await told(endpoint);
    expect(new Set(fixture.captures().map(({ scores }) => scores![0])).size).toBe(1);
    expect(fixture.captures()[0]!.scores![0]).not.toBe(Number(fixture.captures()[0]!.scores![0]!.toFixed(1)));
  });
});
