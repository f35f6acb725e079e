import { mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSignature } from '../../../platform/onnx/model.ts';
import { integers, node, tensor, value } from '../../../scripts/lib/onnx-writer.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { encodeGraph, model } from '../../fixtures/onnx/onnx-model.ts';
import { request, ServingFixture } from '../../fixtures/serving-fixture.ts';

/** Keeps the rows whose first element is over 0, as a detector keeps what it has found. */
const picking = model(
  encodeGraph('picking', {
    nodes: [
      node('Gather', ['x', 'first'], ['a'], { axis: 1 }),
      node('Greater', ['a', 'zero'], ['found']),
      node('Compress', ['x', 'found'], ['kept'], { axis: 0 }),
    ],
    constants: [integers('first', [], [0]), tensor('zero', 'float32', [], Float32Array.of(0))],
    inputs: [value('x', 'float32', ['n', 2])],
    outputs: [value('kept', 'float32', ['m', 2])],
  }),
);

const MANIFEST = {
  name: 'picking',
  contract: {
    features: ['a', 'b'].map((name, index) => ({ name, type: 'float', input: 'x', index })),
  },
  decision: { task: 'binary', output: 'kept', column: 1 },
  serving: { cache: { ttlSeconds: 60 } },
};

let fixture: ServingFixture;
let endpoint: Endpoint;
beforeAll(async () => {
  fixture = await ServingFixture.open();
  const folder = await mkdtemp(path.join(fixture.folder, 'picking-'));
  await writeFile(path.join(folder, 'model.onnx'), picking);
  await writeFile(path.join(folder, 'model.json'), JSON.stringify(MANIFEST));
  await fixture.registry.register(folder, await readSignature(path.join(folder, 'model.onnx')));
  await fixture.apply('picking', { type: 'approve', version: 1, reason: 'test' });
  await fixture.apply('picking', { type: 'release', version: 1, reason: 'test' });
  endpoint = await fixture.endpoint({ defaultModel: 'picking' });
});
afterAll(() => fixture.close());

const JSON_TYPE = 'application/json';
type Rows = readonly (readonly [number, number])[];
const records = (rows: Rows) => rows.map(([a, b]) => ({ a, b }));

/** Every way to ask about a list of rows, and what the refusal names in its place. */
const WAYS: [string, string, (rows: Rows) => unknown, { headers?: Record<string, string>; instead: RegExp }][] = [
  ['v1', '/v1/models/picking:predict', (rows) => ({ instances: rows }), { instead: /as inputs instead of instances, or use v2/ }],
  ['v1, by name', '/v1/models/picking:predict', (rows) => ({ instances: rows.map((x) => ({ x })) }), { instead: /v2/ }],
  ['KServe', '/v1/models/picking:predict', (rows) => ({ inputs: rows.map((x) => ({ x })) }), { instead: /v2/ }],
  ['classify', '/v1/models/picking:classify', (rows) => ({ examples: records(rows) }), { instead: /:predict as inputs/ }],
  ['SageMaker', '/endpoints/picking/invocations', (rows) => ({ instances: rows }), { headers: { 'content-type': JSON_TYPE }, instead: /as inputs/ }],
  ['SageMaker, bare', '/endpoints/picking/invocations', (rows) => rows, { headers: { 'content-type': JSON_TYPE }, instead: /as inputs/ }],
  ['SageMaker, CSV', '/endpoints/picking/invocations', (rows) => rows.join('\n'), { headers: { 'content-type': 'text/csv' }, instead: /as inputs/ }],
  ['SageMaker, CSV both ways', '/endpoints/picking/invocations', (rows) => rows.join('\n'), { headers: { 'content-type': 'text/csv', accept: 'text/csv' }, instead: /application\/json/ }],
  ['SageMaker, lines', '/endpoints/picking/invocations', (rows) => rows.map((row) => JSON.stringify(row)).join('\n'), { headers: { 'content-type': 'application/jsonlines', accept: 'application/jsonlines' }, instead: /as inputs/ }],
  ['MLflow, split', '/invocations', (rows) => ({ dataframe_split: { columns: ['a', 'b'], data: rows } }), { headers: { 'content-type': JSON_TYPE }, instead: /as inputs/ }],
  ['MLflow, records', '/invocations', (rows) => ({ dataframe_records: records(rows) }), { headers: { 'content-type': JSON_TYPE }, instead: /as inputs/ }],
  ['MLflow, instances', '/invocations', (rows) => ({ instances: rows }), { headers: { 'content-type': JSON_TYPE }, instead: /as inputs/ }],
  ['Seldon, ndarray', '/api/v1.0/predictions', (rows) => ({ data: { names: ['a', 'b'], ndarray: rows } }), { instead: /send a tensor/ }],
  ['Seldon, jsonData', '/api/v1.0/predictions', (rows) => ({ jsonData: rows }), { instead: /send a tensor/ }],
  ['Seldon, strData', '/api/v1.0/predictions', (rows) => ({ strData: JSON.stringify(rows) }), { instead: /send a tensor/ }],
  ['TorchServe', '/predictions/picking', (rows) => rows, { headers: { 'content-type': JSON_TYPE }, instead: /as inputs/ }],
  ['TorchServe, objects', '/predictions/picking', records, { headers: { 'content-type': JSON_TYPE }, instead: /as inputs/ }],
]; // biome-ignore format: a table

describe('rows that are not one for each that was asked about', () => {
  const ask = async (at: string, body: unknown, headers = {}) => {
    const response = await endpoint.handle(request('POST', at, body, headers));
    return { status: response.status, body: response.body.toString() };
  };

  it.each(WAYS)('are refused by %s, whether or not the answer is kept', async (_, at, bodyOf, { headers, instead }) => {
    const found = { all: bodyOf([[1, 2], [3, 4]]), one: bodyOf([[1, 2], [-3, 4]]), none: bodyOf([[-1, 2], [-3, 4]]) }; // biome-ignore format: rows
    for (const asked of [found.one, found.none, found.one]) {
      const { status, body } = await ask(at, asked, headers);
      expect([status, body]).toEqual([
        400,
        expect.stringMatching(/2 rows were asked about, and output kept has shape/),
      ]);
      expect(body).toMatch(instead);
    }
    const { status, body } = await ask(at, found.all, headers);
    expect([status, body]).toEqual([200, expect.stringMatching(/1.*2.*3.*4/s)]);
  });

  it('are answered where whole tensors were asked for', async () => {
    const x = [[1, 2], [-3, 4], [5, 6]]; // biome-ignore format: rows
    const kept = [[1, 2], [5, 6]]; // biome-ignore format: rows
    expect(JSON.parse((await ask('/v1/models/picking:predict', { inputs: { x } })).body)).toEqual({ outputs: kept });
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [3, 2], data: x.flat() }];
    expect(JSON.parse((await ask('/v2/models/picking/infer', { inputs })).body).outputs[0]).toMatchObject({
      shape: [2, 2],
      data: kept.flat(),
    });
    const json = { 'content-type': JSON_TYPE };
    const sagemaker = await ask('/endpoints/picking/invocations', { inputs: { x } }, json);
    expect(JSON.parse(sagemaker.body)).toEqual({ outputs: kept });
    expect(JSON.parse((await ask('/invocations', { inputs: { x } }, json)).body)).toEqual({ predictions: kept });
    const tensor = { shape: [3, 2], values: x.flat() };
    const seldon = JSON.parse((await ask('/api/v1.0/predictions', { data: { tensor } })).body);
    expect(seldon.data.tensor).toEqual({ shape: [2, 2], values: kept.flat() });
  });

  it('are captured as predictions of which no score is known', async () => {
    const before = fixture.captures().length;
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [3, 2], data: [1, 2, -3, 4, 5, 6] }];
    await ask('/v2/models/picking/infer', { inputs });
    const [capture] = fixture.captures().slice(before);
    expect(capture).toMatchObject({ rows: 3, scores: [null, null, null], features: { a: [1, -3, 5], b: [2, 4, 6] } });
  });
});
