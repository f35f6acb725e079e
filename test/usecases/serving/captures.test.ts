import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Capture, isKeptWhole } from '../../../core/captures/capture.ts';
import { capturedProbabilities, capturedScores } from '../../../core/captures/captured-outputs.ts';
import { PRINCIPAL_FIELD, UNIT_FIELD } from '../../../core/captures/pseudonym-fields.ts';
import type { HttpRequest } from '../../../core/serving/http.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import { privacyKeys } from '../../../platform/privacy.ts';
import { rowOpener } from '../../../usecases/quality/open-row.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { FLOAT, INT64, integerAttribute, model, node, tensor, valueInfo } from '../../fixtures/onnx/write.ts';
import { PIPELINE, ROW, read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

const keys = privacyKeys('a secret of more than thirty-two characters');
const V1 = '/v1/models/pipeline:predict';

/** Probabilities by softmax of `x` [n, classes], and which of them is the greatest. */
const classifier = (classes: number) =>
  model({
    nodes: [
      node('Softmax', ['x'], ['probabilities'], [integerAttribute('axis', 1)]),
      node('ArgMax', ['x'], ['label'], [integerAttribute('axis', 1), integerAttribute('keepdims', 0)]),
    ],
    inputs: [valueInfo('x', FLOAT, ['n', classes])],
    outputs: [valueInfo('label', INT64, ['n']), valueInfo('probabilities', FLOAT, ['n', classes])],
  });

/** Looks a number up by the index `x` [n, 1]: a run fails for what is no index. */
const lookup = model({
  nodes: [node('Cast', ['x'], ['index'], [integerAttribute('to', INT64)]), node('Gather', ['table', 'index'], ['y'])],
  constants: [tensor('table', FLOAT, [3], Float32Array.of(0.25, 0.5, 0.75))],
  inputs: [valueInfo('x', FLOAT, ['n', 1])],
  outputs: [valueInfo('y', FLOAT, ['n', 1])],
});

const columns = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `f${index}`, type: 'float', input: 'x', index }));
const names = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('captures of an endpoint', () => {
  let fixture: ServingFixture;
  beforeEach(async () => {
    fixture = await ServingFixture.open();
  });
  afterEach(() => fixture.close());

  const opened = (privacy = async () => keys): Promise<Endpoint> =>
    fixture.endpoint({ home: { ...fixture.home, privacy } });

  /** An endpoint with a model of its own. */
  async function serve(manifest: { name: string }, graph: Uint8Array): Promise<Endpoint> {
    const folder = path.join(fixture.folder, `source-${manifest.name}`);
    await mkdir(folder);
    await writeFile(path.join(folder, 'model.onnx'), graph);
    await writeFile(path.join(folder, 'model.json'), JSON.stringify(manifest));
    await fixture.registry.register(folder, await readSignature(path.join(folder, 'model.onnx')));
    await fixture.apply(manifest.name, { type: 'approve', version: 1, reason: 'test' });
    await fixture.apply(manifest.name, { type: 'release', version: 1, reason: 'test' });
    return opened();
  }

  /** What the endpoint captures of a request; the keys are there since the first one that had something to hide. */
  async function captured(endpoint: Endpoint, asked: HttpRequest): Promise<Capture[]> {
    const before = fixture.captures().length;
    await endpoint.handle(asked);
    await new Promise((resolve) => setImmediate(resolve));
    return fixture.captures().slice(before);
  }
  const v1 = (headers: Record<string, string> = {}, more: Partial<HttpRequest> = {}): HttpRequest => ({
    ...request('POST', V1, { instances: [ROW] }, headers),
    ...more,
  });

  it('hold 64-bit integers with all their digits, which a replay asks about again', async () => {
    const graph = model({
      nodes: [node('Identity', ['n'], ['y'])],
      inputs: [valueInfo('n', INT64, ['rows', 2])],
      outputs: [valueInfo('y', INT64, ['rows', 2])],
    });
    const features = ['id', 'age'].map((name, index) => ({ name, type: 'integer', input: 'n', index }));
    const endpoint = await serve({ name: 'big', contract: { features } } as { name: string }, graph);
    const ids = [2n ** 53n + 1n, 7n, -(2n ** 63n)];
    const many = Array.from({ length: 40 }, (_, i) => 2n ** 60n + BigInt(i));
    for (const rows of [ids, many, ids.slice(0, 1)]) {
      const body = Buffer.from(`{"instances":[${rows.map((id) => `{"id":${id},"age":${5}}`).join()}]}`);
      expect(read(await endpoint.handle({ ...request('POST', '/v1/models/big:predict'), body })).status).toBe(200);
    }
    const captures = fixture.lines.map((line) => JSON.parse(line) as Capture).filter(({ trimtab }) => trimtab);
    expect(captures.map(({ features: { id } }) => id)).toEqual([
      ['9007199254740993', 7, '-9223372036854775808'],
      many.map(String),
      ['9007199254740993'],
    ]);
    const record = (await fixture.real.ledger.version('big', 1))!;
    const open = await rowOpener(fixture.home, 'big', [record]);
    expect([0, 1, 2].map((row) => open(captures[0]!, row))).toEqual([
      { id: 2n ** 53n + 1n, age: 5 },
      { id: 7, age: 5 },
      { id: -(2n ** 63n), age: 5 },
    ]);
    // As they were written before, rounded.
    expect(open({ features: { id: [2 ** 60], age: [5] } }, 0)).toEqual({ id: 2 ** 60, age: 5 });
    expect([2 ** 60, '1152921504606846977'].map(isKeptWhole)).toEqual([false, true]);
  });

  it('say what was randomised and who has sent it, as pseudonyms, and how long it took', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await opened();
    const [early] = await captured(
      endpoint,
      v1({ 'x-trimtab-routing-key': 'Key-Canary' }, { principal: 'Ada-Canary' }),
    );
    // The secret is asked for beside the first request that has something to hide; until then the process has its own.
    expect(early).toMatchObject({ unit: expect.any(String), principal: expect.any(String) });
    expect(early!.unit).not.toBe(keys.pseudonym(UNIT_FIELD, 'Key-Canary'));
    const [late] = await captured(endpoint, v1({ 'x-trimtab-routing-key': 'Key-Canary' }, { principal: 'Ada-Canary' }));
    expect(late).toMatchObject({
      unit: keys.pseudonym(UNIT_FIELD, 'Key-Canary'),
      principal: keys.pseudonym(PRINCIPAL_FIELD, 'Ada-Canary'),
    });
    expect(late!.ms).toBeGreaterThan(0);
    expect(late!.scores).toHaveLength(1);
    const [subject] = await captured(endpoint, v1({ 'x-trimtab-subject': 'Ada-Canary' }));
    expect(subject!.unit).toBe(keys.pseudonym(UNIT_FIELD, 'Ada-Canary'));
    const [alone] = await captured(endpoint, v1());
    for (const name of ['unit', 'principal', 'named', 'failed', 'findings']) expect(alone).not.toHaveProperty(name);
    expect(fixture.lines.join('\n')).not.toContain('Canary');
  });

  it('tell units and callers apart without the secret, by pseudonyms of this process alone', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await opened(() => Promise.reject(new Error('secrets are down')));
    const units: unknown[] = [];
    for (const key of ['Canary', 'Canary', 'Other Canary']) {
      const [capture] = await captured(endpoint, v1({ 'x-trimtab-routing-key': key }, { principal: 'Canary' }));
      units.push(capture!.unit);
      expect(capture!.principal).toMatch(/^[\w-]{16}$/);
    }
    expect(units).toEqual([expect.any(String), units[0], expect.any(String)]);
    expect(units[2]).not.toBe(units[0]);
    expect(fixture.lines.join('\n')).not.toContain('Canary');
    // Nothing depends on the secret here: it is not asked for with every request.
    expect(fixture.metric('PrivacyFailure')).toHaveLength(1);
    expect(fixture.lines.filter((line) => line.includes('secrets are down'))).toHaveLength(1);
  });

  it('mark requests that name their version or variant, in the path as in headers', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await opened();
    const named = [
      v1({ 'x-trimtab-version': '1' }),
      v1({ 'x-trimtab-variant': 'champion' }),
      v1({}, { path: '/v1/models/pipeline/versions/1:predict' }),
    ];
    for (const each of named) expect((await captured(endpoint, each))[0]!.named).toBe(true);
    expect((await captured(endpoint, v1()))[0]).not.toHaveProperty('named');
    // There is no version 9 that could have been asked: nothing is captured of it.
    expect(await captured(endpoint, v1({ 'x-trimtab-version': '9' }))).toEqual([]);
  });

  it('hold requests that break the contract, with what was read and what was broken', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await opened();
    const rows = [
      { ...ROW, distance: -1, temperature: 99 },
      { ...ROW, carrier: 'ZZ' },
      { ...ROW, distance: -2 },
    ];
    const [capture] = await captured(endpoint, request('POST', V1, { instances: rows }));
    expect(capture).toMatchObject({
      failed: 'caller',
      rows: 3,
      features: { carrier: ['B6', 'ZZ', 'B6'], distance: [-1, 1500, -2], temperature: [99, null, null] },
      findings: [
        { feature: 'distance', rule: 'min', count: 2 },
        { feature: 'carrier', rule: 'allowed', count: 1 },
        { feature: 'temperature', rule: 'max', count: 1 },
      ],
    });
    expect(capturedScores(capture!)).toEqual([]);
  });

  it('hold requests that cannot be read, over every protocol, as one row of nothing', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await opened();
    for (const at of [
      V1,
      '/v2/models/pipeline/infer',
      '/predictions/pipeline',
      '/invocations',
      '/api/v1.0/predictions',
    ]) {
      const [capture] = await captured(endpoint, request('POST', at, '{"instances": [', { 'x-request-id': 'broken' }));
      expect(capture, at).toMatchObject({ id: 'broken', failed: 'caller', rows: 1, features: {} });
    }
    const long = request('POST', '/v2/models/pipeline/infer', { id: 'x'.repeat(300), inputs: [] });
    expect((await captured(endpoint, long))[0]!.id.length).toBeLessThan(201);
  });

  it('hold requests on which the model fails, with their inputs and no outputs', async () => {
    const endpoint = await serve(
      { name: 'lookup', contract: { features: columns(1) }, decision: { task: 'regression', output: 'y' } } as never,
      lookup,
    );
    const at = '/v1/models/lookup:predict';
    const [good] = await captured(endpoint, request('POST', at, { instances: [[1], [2]] }));
    expect(good).toMatchObject({ scores: [0.5, 0.75] });
    const failing = request('POST', at, { instances: [[1], [7]] });
    expect((await endpoint.handle(failing)).status).toBe(500);
    const [bad] = await captured(endpoint, failing);
    expect(bad).toMatchObject({ failed: 'internal', rows: 2, features: { f0: [1, 7] } });
    expect(bad).not.toHaveProperty('scores');
  });

  it('hold the probability of every class where they decide, and not the class beside it', async () => {
    const decision = { task: 'multiclass', output: 'probabilities', classes: ['a', 'b', 'c'] };
    const outputs = [{ name: 'probabilities', meaning: 'probabilities' }];
    const endpoint = await serve(
      { name: 'three', contract: { features: columns(3) }, decision, outputs } as never,
      classifier(3),
    );
    const rows = [[0, 2, 1], ...Array.from({ length: 9 }, () => [3, 0, 0])];
    const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [10, 3], data: rows.flat() }] };
    // What the caller wants to see is less than what is captured.
    const some = request('POST', '/v2/models/three/infer', { ...body, outputs: [{ name: 'label' }] });
    const seen = read(await endpoint.handle(some));
    expect(seen.body.outputs.map(({ name }: { name: string }) => name)).toEqual(['label']);
    const [capture] = await captured(endpoint, some);
    expect(capture).not.toHaveProperty('labels');
    expect(capture).not.toHaveProperty('scores');
    expect(capturedProbabilities(capture!, 0)).toEqual(
      [0, 2, 1].map((x) => expect.closeTo(Math.exp(x) / (1 + Math.exp(1) + Math.exp(2)), 6)),
    );
    expect(capturedScores(capture!)).toEqual([1, ...Array<number>(9).fill(0)]);
  });

  it('hold the class, and the probabilities beside it in the order of the decision, where a label decides', async () => {
    const decision = { task: 'multiclass', output: 'label', classes: [2, 1, 0] };
    const outputs = [
      { name: 'label', meaning: 'label' },
      { name: 'probabilities', meaning: 'probabilities', classes: [0, 1, 2] },
    ];
    const endpoint = await serve(
      { name: 'labels', contract: { features: columns(3) }, decision, outputs } as never,
      classifier(3),
    );
    const only = request('POST', '/v2/models/labels/infer', {
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: [9, 0, 0] }],
      outputs: [{ name: 'label' }],
    });
    const [capture] = await captured(endpoint, only);
    expect(capture!.labels).toEqual([2]);
    expect(capturedProbabilities(capture!, 0)![2]).toBeGreaterThan(0.99);
    expect(capturedScores(capture!)).toEqual([2]);
  });

  it('hold the class alone where there are no probabilities, and where there are more than a hundred classes', async () => {
    const label = [{ name: 'label', meaning: 'label', classes: [0, 1] }];
    const few = await serve(
      {
        name: 'few',
        contract: { features: columns(3) },
        decision: { task: 'multiclass', output: 'label' },
        outputs: label,
      } as never,
      classifier(3),
    );
    const [unknown] = await captured(
      few,
      request('POST', '/v1/models/few:predict', {
        instances: [
          [0, 0, 5],
          [0, 5, 0],
        ],
      }),
    );
    // The label 2 is none of the two that the manifest names.
    expect(unknown).toMatchObject({ labels: [2, 1] });
    expect(unknown).not.toHaveProperty('probabilities');
    for (const [name, count] of [
      ['hundred', 100],
      ['more', 101],
    ] as const) {
      const decision = { task: 'multiclass', output: 'probabilities', classes: names(count) };
      const outputs = [{ name: 'probabilities', meaning: 'probabilities' }];
      const endpoint = await serve(
        { name, contract: { features: columns(count) }, decision, outputs } as never,
        classifier(count),
      );
      const row = names(count).map((i) => (i === 77 ? 5 : 0));
      const [capture] = await captured(endpoint, request('POST', `/v1/models/${name}:predict`, { instances: [row] }));
      expect(capturedScores(capture!)).toEqual([77]);
      expect(capture!.probabilities?.length).toBe(count === 100 ? 100 : undefined);
      expect(capture!.labels).toEqual(count === 100 ? undefined : [77]);
    }
  });

  it('of a shadow are those of the same request, and of its own time', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const two = await fixture.register(PIPELINE, 'pipeline', 'two');
    await fixture.apply('pipeline', { type: 'start-shadow', version: two, reason: 'test' });
    const endpoint = await opened();
    const asked = v1({ 'x-trimtab-routing-key': 'a', 'x-request-id': 'r' });
    await captured(endpoint, asked);
    const [champion, shadow] = await captured(endpoint, asked);
    expect([champion!.variant, shadow!.variant]).toEqual(['champion', 'shadow']);
    expect([shadow!.id, shadow!.unit, shadow!.features]).toEqual([champion!.id, champion!.unit, champion!.features]);
  });
});
