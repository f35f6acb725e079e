import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../core/protocols/protocol.ts';
import { FeedSizeError, ModelLostError } from '../../../platform/onnx/errors.ts';
import { loadModel } from '../../../platform/onnx/model.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import {
  BROKEN,
  INT64,
  KINDS,
  PIPELINE,
  ROW,
  read,
  request,
  ServingFixture,
  TREE,
} from '../../fixtures/serving-fixture.ts';

let fixture: ServingFixture;
beforeEach(async () => {
  fixture = await ServingFixture.open();
});
afterEach(() => fixture.close());

const predict = async (endpoint: Endpoint, headers: Record<string, string> = {}, at = '/v1/models/pipeline:predict') =>
  read(await endpoint.handle(request('POST', at, { instances: [ROW] }, headers)));
const served = async (endpoint: Endpoint) => Number((await predict(endpoint)).headers['x-trimtab-model-version']);
const report = async (endpoint: Endpoint) =>
  read(await endpoint.handle(request('GET', '/trimtab/v1/models/pipeline/release'))).body;

describe('Endpoint answers', () => {
  it('in v1 and v2 alike, with prediction id, version and variant in the headers', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint();
    const v1 = await predict(endpoint, { 'x-request-id': 'req-1' });
    expect(v1.status).toBe(200);
    expect(v1.headers).toMatchObject({
      'x-request-id': 'req-1',
      'x-trimtab-prediction-id': 'req-1',
      'x-trimtab-model-version': '1',
      'x-trimtab-variant': 'champion',
    });
    const v2 = read(
      await endpoint.handle(
        request('POST', '/v2/models/pipeline/infer', {
          id: 'mine',
          inputs: [
            { name: 'carrier', shape: [1, 1], datatype: 'BYTES', data: ['B6'] },
            { name: 'distance', shape: [1, 1], datatype: 'FP32', data: [1500] },
            { name: 'temperature', shape: [1, 1], datatype: 'FP32', data: [null] },
          ],
        }),
      ),
    );
    expect(v2.body).toMatchObject({ model_name: 'pipeline', model_version: '1', id: 'mine' });
    expect(v2.headers['x-trimtab-prediction-id']).toBe('mine');
    const probabilities = v2.body.outputs.find((output: { name: string }) => output.name === 'probabilities').data;
    expect(v1.body.predictions[0].probabilities).toEqual(probabilities);
    expect(probabilities[0] + probabilities[1]).toBeCloseTo(1, 5);
  });

  it('with one metrics line and one capture line a request', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint();
    fixture.lines.length = 0;
    await endpoint.handle(
      request(
        'POST',
        '/v1/models/pipeline:predict',
        { instances: [ROW, { ...ROW, temperature: 99 }] },
        { 'x-request-id': 'r' },
      ),
    );
    expect(fixture.metric('Latency')).toMatchObject([
      { Model: 'pipeline', Variant: 'champion', Version: '1', Failure: 0, Violation: 1, Rows: 2 },
    ]);
    expect(fixture.metric('Latency')[0]!.Score).toHaveLength(2);
    expect(fixture.captures()).toMatchObject([
      {
        id: 'r',
        rows: 2,
        findings: [{ feature: 'temperature', rule: 'max', count: 1 }],
        features: { carrier: ['B6', 'B6'], distance: [1500, 1500], temperature: [null, 99] },
      },
    ]);
    expect(fixture.lines).toHaveLength(2);
  });

  it('400 with every violation up to ten, and no run, when the contract is broken', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint();
    const bad = Array.from({ length: 12 }, () => ({ ...ROW, distance: -1 }));
    const { status, headers, body } = read(
      await endpoint.handle(request('POST', '/v1/models/pipeline:predict', { instances: bad })),
    );
    expect(status).toBe(400);
    expect(headers['x-request-id']).toMatch(/./);
    expect(body.error.match(/expected at least 0/g)).toHaveLength(10);
    expect(body.error).toContain('distance in row 0 is -1');
    expect(body.error).toContain('and 2 more');
    expect(fixture.metric('Violation').at(-1)).toMatchObject({ Violation: 1 });
    // It never reached the model, so it took it no time.
    expect(fixture.metric('Latency')).toEqual([]);
    expect(fixture.captures()).toMatchObject([
      { failed: 'caller', rows: 12, findings: [{ feature: 'distance', rule: 'min', count: 12 }] },
    ]);
  });

  it('with every digit of 64-bit integers, both ways', async () => {
    await fixture.release(INT64, 'int64');
    const endpoint = await fixture.endpoint();
    const response = await endpoint.handle(
      request(
        'POST',
        '/v2/models/int64/infer',
        '{"inputs":[{"name":"numbers","shape":[1,2],"datatype":"INT64","data":[9007199254740993,-9223372036854775808]},{"name":"ids","shape":[1],"datatype":"UINT64","data":[18446744073709551615]}]}',
      ),
    );
    expect(response.body).toContain('"data":[9007199254740994,-9223372036854775807]');
    expect(response.body).toContain('"data":[18446744073709551615]');
  });

  it('carries every element type through the graph, binary and JSON', async () => {
    await fixture.release(KINDS, 'kinds');
    const endpoint = await fixture.endpoint();
    const kinds: [string, string, unknown[], number[]][] = [
      ['float32', 'FP32', [1.5, null, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6], [2, 2, 3]],
      ['float64', 'FP64', [1.1, 2, 3, 4], [2, 2]],
      ['int8', 'INT8', [-128, 127, 0, 1], [2, 2]],
      ['int16', 'INT16', [-32768, 1, 2, 3], [2, 2]],
      ['int32', 'INT32', [-2147483648, 1, 2, 3], [2, 2]],
      ['int64', 'INT64', [1, 2, 3, 4], [2, 2]],
      ['uint8', 'UINT8', [255, 1, 2, 3], [2, 2]],
      ['uint16', 'UINT16', [65535, 1, 2, 3], [2, 2]],
      ['uint32', 'UINT32', [4294967295, 1, 2, 3], [2, 2]],
      ['uint64', 'UINT64', [1, 2, 3, 4], [2, 2]],
      ['bool', 'BOOL', [true, false, false, true], [2, 2]],
      ['string', 'BYTES', ['a', '', 'é', 'x y'], [2, 2]],
    ];
    const halves = new Uint8Array(new Uint16Array([0x3c00, 0xc000, 0x7c00, 0x3555]).buffer);
    const head = Buffer.from(
      JSON.stringify({
        inputs: [
          ...kinds.map(([name, datatype, data, shape]) => ({ name, datatype, data, shape })),
          { name: 'float16', datatype: 'FP16', shape: [2, 2], parameters: { binary_data_size: 8 } },
        ],
      }),
    );
    const response = read(
      await endpoint.handle(
        request('POST', '/v2/models/kinds/infer', Buffer.concat([head, halves]), {
          'inference-header-content-length': String(head.length),
        }),
      ),
    );
    expect(response.body.error).toBeUndefined();
    const outputs = new Map<string, { data: unknown[]; shape: number[] }>(
      response.body.outputs.map((output: { name: string }) => [output.name, output]),
    );
    for (const [name, , data, shape] of kinds) expect(outputs.get(`${name}_out`)).toMatchObject({ data, shape });
    expect(outputs.get('float16_out')!.data).toEqual([1, -2, null, expect.closeTo(0.333, 3)]);
    expect(outputs.get('total')).toMatchObject({ shape: [], data: [null] });
  });

  it('503 while a model has no release, 404 for models and versions that are not there, with those that are', async () => {
    await fixture.register(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint();
    expect((await predict(endpoint)).status).toBe(503);
    expect(read(await endpoint.handle(request('GET', '/v2/health/ready'))).status).toBe(503);
    await fixture.apply('pipeline', { type: 'release', version: 1, reason: 'test' });
    await endpoint.refresh();
    expect(read(await endpoint.handle(request('GET', '/v2/health/ready'))).status).toBe(200);
    expect(await predict(endpoint, {}, '/v1/models/pipeline/versions/7:predict')).toMatchObject({
      status: 404,
      body: { error: 'version 7 of model pipeline is not served, available: 1' },
    });
    expect(await predict(endpoint, {}, '/v1/models/nobody:predict')).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('pipeline') },
    });
    expect(await predict(endpoint, {}, '/v1/models/pipeline/versions/1:predict')).toMatchObject({ status: 200 });
  });

  it('500 without a word about the inside when a run fails, counted as a failure and written down for operators', async () => {
    await fixture.release(BROKEN, 'broken-run');
    const endpoint = await fixture.endpoint();
    const { status, body } = read(
      await endpoint.handle(
        request('POST', '/v2/models/broken/infer', {
          inputs: [{ name: 'index', shape: [1], datatype: 'INT64', data: [99] }],
        }),
      ),
    );
    expect({ status, body }).toEqual({ status: 500, body: { error: 'internal error' } });
    expect(fixture.metric('Failure').at(-1)).toMatchObject({ Failure: 1, Violation: 0 });
    expect(fixture.lines.join()).toContain('out of data bounds');
  });

  it('by the models that it is given a way to load: a 503 of theirs is passed on with Retry-After and counts as a failure', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const versions: number[] = [];
    const busy = await fixture.endpoint({
      load: async (record, path) => {
        versions.push(record.version);
        const model = await loadModel(path, { digest: record.artifact.digest });
        return {
          ...model,
          run: () => {
            throw new ProtocolError(503, 'the queue is full', { retryAfterSeconds: 1.2 });
          },
        };
      },
    });
    fixture.lines.length = 0;
    const { status, headers, body } = await predict(busy);
    expect(versions).toEqual([1]);
    expect({ status, body }).toEqual({ status: 503, body: { error: 'the queue is full' } });
    expect(headers['retry-after']).toBe('2');
    expect(fixture.metric('Failure').map((line) => line.Failure)).toEqual([1]);
  });

  it('413 for sizes that there is no memory for, 500 for a model that there is none for, and both say so', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const faults = [new FeedSizeError('too many rows'), new ModelLostError('no memory', 'memory')];
    const endpoint = await fixture.endpoint({
      load: async ({ artifact: { digest } }, path) => ({
        ...(await loadModel(path, { digest })),
        run: async () => {
          throw faults.shift()!;
        },
      }),
    });
    expect(await predict(endpoint)).toMatchObject({ status: 413, body: { error: 'too many rows' } });
    expect(await predict(endpoint)).toMatchObject({ status: 500, body: { error: 'no memory' } });
  });

  it('stores what predictions were worth for the join to find, of declared metrics only', async () => {
    const business = [{ name: 'revenue', unit: 'EUR', min: 0 }];
    await fixture.release({ ...PIPELINE, monitoring: { business } } as typeof PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint();
    const send = async (...records: unknown[]) =>
      read(await endpoint.handle(request('POST', '/trimtab/v1/models/pipeline/outcomes', { records })));
    const good = [
      { id: 'a', metric: 'revenue', value: 12.5, at: '2026-01-01T12:00:00Z' },
      { id: 'b', metric: 'reward', value: -1 },
    ];
    expect(await send(...good)).toMatchObject({ status: 202, body: { accepted: 2 } });
    const keys: string[] = [];
    for await (const { key } of fixture.real.data.list('ground-truth/incoming/pipeline/')) keys.push(key);
    const stored = new TextDecoder()
      .decode(await fixture.real.data.get(keys[0]!))
      .trimEnd()
      .split('\n');
    expect(stored.map((line) => JSON.parse(line))).toEqual(good);
    for (const [record, reason] of [
      [
        { id: 'a', metric: 'clicks', value: 1 },
        'clicks is not declared in monitoring.business, expected revenue, reward',
      ],
      [{ id: 'a', metric: 'revenue', value: -1 }, 'value -1 of revenue is not allowed, expected 0 to any'],
      [{ id: 'a', metric: 'revenue', value: '1' }, 'record 0: value is not a number'],
      [{ id: 'a', metric: 'revenue', value: 1, at: 'now' }, 'at is not an instant'],
      [{ id: '', metric: 'revenue', value: 1 }, 'id is not a string'],
      [{ id: 'a', metric: 'revenue', value: 1, extra: 1 }, 'record 0 has extra'],
    ] as const) {
      const { status, body } = await send(record);
      expect([status, body.error]).toEqual([400, expect.stringContaining(reason)]);
    }
  });

  it('stores ground truth for the join to find', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint();
    const response = await endpoint.handle(
      request('POST', '/trimtab/v1/models/pipeline/truth', {
        records: [
          { id: 'a', truth: 1 },
          { id: 'b', truth: 0 },
        ],
      }),
    );
    expect(read(response)).toMatchObject({ status: 202, body: { accepted: 2 } });
    const stored: string[] = [];
    for await (const { key } of fixture.real.data.list('ground-truth/incoming/pipeline/'))
      stored.push(new TextDecoder().decode(await fixture.real.data.get(key)));
    expect(stored).toEqual(['{"id":"a","truth":1}\n{"id":"b","truth":0}\n']);
  });
});

describe('Endpoint follows the ledger', () => {
  it('to a canary: callers stick to their variant, and the share is what the ledger says', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const version = await fixture.register(PIPELINE, 'pipeline', 'two');
    await fixture.apply('pipeline', { type: 'start-canary', version, steps: [0.3, 1], reason: 'test' });
    const endpoint = await fixture.endpoint();
    expect(await report(endpoint)).toMatchObject({ champion: 1, challengers: [{ version: 2, weight: 0.3 }] });
    let challenger = 0;
    for (let user = 0; user < 300; user++) {
      const headers = { 'x-trimtab-routing-key': `user-${user}` };
      const first = (await predict(endpoint, headers)).headers['x-trimtab-variant'];
      expect((await predict(endpoint, headers)).headers['x-trimtab-variant']).toBe(first);
      if (first === 'challenger') challenger++;
    }
    expect(Math.abs(challenger / 300 - 0.3)).toBeLessThan(0.13);
  });

  it('beside the requests: the old version answers until the new one is loaded, and nobody waits', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint({ refreshSeconds: 0 });
    await fixture.release(PIPELINE, 'pipeline', 'two');
    const versions: number[] = [];
    const until = Date.now() + 5_000;
    while (versions.at(-1) !== 2 && Date.now() < until) versions.push(await served(endpoint));
    expect(versions[0]).toBe(1);
    expect(versions.at(-1)).toBe(2);
    expect(versions).toEqual([...versions].sort());
  });

  it('and keeps serving when the ledger is unreachable or silent, and says so in a metric', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint();
    expect(fixture.metric('StaleRelease').at(-1)).toMatchObject({ StaleRelease: 0 });
    for (const state of ['down', 'silent'] as const) {
      fixture.ledger = state;
      fixture.lines.length = 0;
      await endpoint.refresh();
      expect(await served(endpoint)).toBe(1);
      expect(fixture.metric('StaleRelease')).toMatchObject([{ StaleRelease: 1, Variant: 'champion', Version: '1' }]);
    }
    fixture.ledger = 'up';
    await endpoint.refresh();
    expect(fixture.metric('StaleRelease').at(-1)).toMatchObject({ StaleRelease: 0 });
  });

  it('and starts from its folder when the ledger and the artifacts are gone', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    await (await fixture.endpoint()).close();
    fixture.ledger = 'down';
    fixture.downloads = 0;
    const endpoint = await fixture.endpoint();
    expect(await served(endpoint)).toBe(1);
    expect(fixture.downloads).toBe(0);
    expect(fixture.metric('StaleRelease').at(-1)).toMatchObject({ StaleRelease: 1 });
  });

  it('and starts in an empty folder from what is kept beside a ledger that is down or silent', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    for (const state of ['down', 'silent'] as const) {
      fixture.ledger = state;
      for (const models of ['all', ['pipeline']] as const) {
        const endpoint = await fixture.endpoint({
          models,
          cacheFolder: path.join(fixture.folder, `${state}-${models}`),
        });
        expect(await served(endpoint)).toBe(1);
        expect(fixture.metric('StaleRelease').at(-1)).toMatchObject({ StaleRelease: 1 });
      }
    }
  });

  it('and tries a failed load again while the ledger is down, no sooner than it is time', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    fixture.ledger = 'down';
    const { home } = fixture;
    let now = Date.now();
    let broken = true;
    const get = (key: string) =>
      broken && key.startsWith('models/') ? Promise.reject(new Error('503 Slow Down')) : home.artifacts.get(key);
    const artifacts = { ...home.artifacts, get };
    const clock = { ...home.clock, now: () => new Date(now) };
    const endpoint = await fixture.endpoint({ home: { ...home, artifacts, clock }, retrySeconds: 15 });
    expect((await predict(endpoint)).status).toBe(503);
    broken = false;
    now += 14_000;
    await endpoint.refresh();
    expect((await predict(endpoint)).status).toBe(503);
    expect(fixture.metric('LoadFailure').at(-1)).toMatchObject({ LoadFailure: 1, Version: '1' });
    now += 1_000;
    await endpoint.refresh();
    expect(await served(endpoint)).toBe(1);
    expect(fixture.metric('LoadFailure').at(-1)).toMatchObject({ LoadFailure: 0, Version: '1' });
  });

  it('and takes what is newest when its folder is behind', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    await (await fixture.endpoint()).close();
    await fixture.release(PIPELINE, 'pipeline', 'two');
    fixture.ledger = 'down';
    expect(await served(await fixture.endpoint())).toBe(2);
  });

  it('and follows a rollback that it cannot read in the ledger', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    await fixture.release(PIPELINE, 'pipeline', 'two');
    const endpoint = await fixture.endpoint({ retrySeconds: 0 });
    fixture.ledger = 'down';
    await fixture.apply('pipeline', { type: 'roll-back', quarantine: true, reason: 'test' });
    await endpoint.refresh();
    expect(await served(endpoint)).toBe(1);
    expect(fixture.metric('StaleRelease').at(-1)).toMatchObject({ StaleRelease: 1 });
  });

  it('and finds the record of a version beside a ledger that answers no more than who is released', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const { home } = fixture;
    const ledger = { ...home.ledger, version: () => Promise.reject(new Error('throttled')) };
    expect(await served(await fixture.endpoint({ home: { ...home, ledger } }))).toBe(1);
    expect(fixture.metric('LoadFailure').at(-1)).toMatchObject({ LoadFailure: 0 });
  });

  it('and opens with nothing to serve when there is neither ledger nor anything kept, asking to try again', async () => {
    fixture.ledger = 'down';
    for (const models of ['all', ['pipeline']] as const)
      expect((await predict(await fixture.endpoint({ models }))).status).toBe(503);
    fixture.ledger = 'up';
    expect((await predict(await fixture.endpoint())).status).toBe(404);
    fixture.ledger = 'down';
    const endpoint = await fixture.endpoint({ models: ['pipeline'] });
    expect(read(await endpoint.handle(request('GET', '/v2/health/live'))).status).toBe(200);
  });

  it('but not to a version whose file is damaged: the old one goes on, and the failure is a metric', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint({ retrySeconds: 0 });
    const two = await fixture.register(PIPELINE, 'pipeline', 'two');
    const record = (await fixture.real.ledger.version('pipeline', two))!;
    const file = path.join(fixture.folder, 'home', 'artifacts', ...record.artifact.key.split('/'));
    const good = await fixture.real.artifacts.get(record.artifact.key);
    const damaged = Uint8Array.from(good);
    damaged[600]! ^= 1;
    await writeFile(file, damaged);
    await fixture.apply('pipeline', { type: 'release', version: two, reason: 'test' });
    await endpoint.refresh();
    expect(await served(endpoint)).toBe(1);
    expect(await report(endpoint)).toMatchObject({ champion: 1 });
    expect(fixture.metric('LoadFailure').at(-1)).toMatchObject({ LoadFailure: 1, Version: '2' });
    expect(fixture.lines.join()).toContain('DigestMismatchError');
    await writeFile(file, good);
    await endpoint.refresh();
    expect(await served(endpoint)).toBe(2);
    expect(fixture.metric('LoadFailure').at(-1)).toMatchObject({ LoadFailure: 0, Version: '2' });
  });

  it('and gives a challenger that does not load no traffic', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const two = await fixture.register(PIPELINE, 'pipeline', 'two');
    const record = (await fixture.real.ledger.version('pipeline', two))!;
    await fixture.real.artifacts.delete(record.artifact.key);
    await fixture.apply('pipeline', { type: 'start-canary', version: two, steps: [0.9, 1], reason: 'test' });
    const endpoint = await fixture.endpoint();
    expect(await report(endpoint)).toMatchObject({ champion: 1, challengers: [] });
    for (let i = 0; i < 20; i++) expect(await served(endpoint)).toBe(1);
    expect(fixture.metric('LoadFailure').filter(({ Variant }) => Variant === 'challenger')).toMatchObject([
      { LoadFailure: 1, Version: '2' },
    ]);
  });

  it('does not take a version whose contract does not fit its graph', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint();
    expect(await fixture.plant('pipeline', [{ name: 'nowhere', type: 'float' }])).toBe(2);
    await endpoint.refresh();
    expect(await served(endpoint)).toBe(1);
    expect(fixture.lines.join()).toContain('ContractBindingError');
  });

  it('goes back in one refresh without downloading again, and frees what has lost its traffic after a grace', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint({ graceSeconds: 0 });
    await fixture.release(PIPELINE, 'pipeline', 'two');
    await endpoint.refresh();
    expect(await served(endpoint)).toBe(2);
    fixture.downloads = 0;
    await fixture.apply('pipeline', { type: 'roll-back', quarantine: true, reason: 'test' });
    await endpoint.refresh();
    expect(await served(endpoint)).toBe(1);
    expect(fixture.downloads).toBe(0);
    expect((await predict(endpoint, {}, '/v1/models/pipeline/versions/2:predict')).status).toBe(404);
  });

  it('answers by the version or variant that a header names, and by none that has no traffic', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const two = await fixture.register(PIPELINE, 'pipeline', 'two');
    await fixture.register(PIPELINE, 'pipeline', 'three');
    await fixture.apply('pipeline', { type: 'start-canary', version: two, steps: [0.01, 1], reason: 'test' });
    const endpoint = await fixture.endpoint();
    const by = async (headers: Record<string, string>) => {
      const answer = await predict(endpoint, headers);
      return answer.status === 200 ? Number(answer.headers['x-trimtab-model-version']) : answer.status;
    };
    expect(await by({ 'x-trimtab-version': '2' })).toBe(2);
    expect(await by({ 'x-trimtab-variant': 'challenger' })).toBe(2);
    expect(await by({ 'x-trimtab-variant': 'champion' })).toBe(1);
    // Registered, and not released.
    expect(await by({ 'x-trimtab-version': '3' })).toBe(404);
    expect(await by({ 'x-trimtab-version': 'two' })).toBe(400);
    expect(await by({ 'x-trimtab-variant': 'best' })).toBe(400);
    // What the path says counts.
    expect(
      (await predict(endpoint, { 'x-trimtab-version': '2' }, '/v1/models/pipeline/versions/1:predict')).headers[
        'x-trimtab-model-version'
      ],
    ).toBe('1');
    await fixture.apply('pipeline', { type: 'abort-canary', quarantine: true, reason: 'test' });
    await endpoint.refresh();
    expect(await by({ 'x-trimtab-version': '2' })).toBe(404);
  });

  it('lets a subject stick to its version where there is no routing key', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const two = await fixture.register(PIPELINE, 'pipeline', 'two');
    await fixture.apply('pipeline', { type: 'start-canary', version: two, steps: [0.5, 1], reason: 'test' });
    const endpoint = await fixture.endpoint();
    const seen = new Set<string>();
    for (let i = 0; i < 8; i++) {
      const of = async (headers: Record<string, string>) =>
        (await predict(endpoint, headers)).headers['x-trimtab-model-version']!;
      const first = await of({ 'x-trimtab-subject': `s${i}` });
      expect(await of({ 'x-trimtab-subject': `s${i}`, 'x-request-id': 'another' })).toBe(first);
      expect(await of({ 'x-trimtab-routing-key': `s${i}`, 'x-trimtab-subject': 'x' })).toBe(first);
      seen.add(first);
    }
    expect(seen).toEqual(new Set(['1', '2']));
  });

  it('copies the traffic to a shadow whose answers go nowhere', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const two = await fixture.register(PIPELINE, 'pipeline', 'two');
    await fixture.apply('pipeline', { type: 'start-shadow', version: two, reason: 'test' });
    const endpoint = await fixture.endpoint();
    const { headers } = await predict(endpoint, { 'x-request-id': 'r' });
    expect(headers['x-trimtab-model-version']).toBe('1');
    expect(fixture.captures()).toMatchObject([
      { id: 'r', variant: 'champion', version: 1 },
      { id: 'r', variant: 'shadow', version: 2 },
    ]);
    expect(
      fixture
        .metric('Latency')
        .map((line) => line.Variant)
        .sort(),
    ).toEqual(['champion', 'shadow']);
  });

  it('captures a share by hash of the id: the same ids on every endpoint', async () => {
    const half = { ...TREE, monitoring: { captureShare: 0.5 } };
    await fixture.release(half, 'tree-30');
    const endpoint = await fixture.endpoint();
    const body = { instances: [Array(30).fill(0.5)] };
    const ask = async () => {
      fixture.lines.length = 0;
      for (let i = 0; i < 200; i++)
        await endpoint.handle(request('POST', '/v1/models/tree:predict', body, { 'x-request-id': `r-${i}` }));
      return fixture.captures().map((capture) => capture.id);
    };
    const first = await ask();
    expect(first.length).toBeGreaterThan(60);
    expect(first.length).toBeLessThan(140);
    expect(await ask()).toEqual(first);
  });

  it('serves a model that appears later, when it is to serve all', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint();
    await fixture.release(TREE, 'tree-30');
    await endpoint.refresh();
    expect(read(await endpoint.handle(request('GET', '/v2/models'))).body).toEqual({ models: ['pipeline', 'tree'] });
  });
});
