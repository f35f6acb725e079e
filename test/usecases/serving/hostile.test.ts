import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSignature } from '../../../platform/onnx/model.ts';
import { BODY_LIMIT, type Endpoint } from '../../../usecases/serving/endpoint.ts';
import { FLOAT, model, node, tensor, valueInfo } from '../../fixtures/onnx/write.ts';
import { modelFolder, PIPELINE, ROW, read, request, ServingFixture, TREE } from '../../fixtures/serving-fixture.ts';

const STRING = 8;
/** Graphs that leave sizes to the caller. */
const FREE = {
  multiply: model({
    nodes: [node('MatMul', ['x', 'w'], ['y'])],
    constants: [tensor('w', FLOAT, [3, 2], new Float32Array(6))],
    inputs: [valueInfo('x', FLOAT, ['n', 'a', 'b'])],
    outputs: [valueInfo('y', FLOAT, ['n', 'a', 'c'])],
  }),
  add: model({
    nodes: [node('Add', ['x', 'z'], ['y'])],
    inputs: [valueInfo('x', FLOAT, ['n', 2]), valueInfo('z', FLOAT, ['m', 2])],
    outputs: [valueInfo('y', FLOAT, ['k', 2])],
  }),
  echo: model({
    nodes: [node('Identity', ['text'], ['same'])],
    inputs: [valueInfo('text', STRING, ['n'])],
    outputs: [valueInfo('same', STRING, ['n'])],
  }),
};

let fixture: ServingFixture;
let endpoint: Endpoint;
beforeAll(async () => {
  fixture = await ServingFixture.open();
  for (const [name, graph] of Object.entries(FREE)) {
    const folder = await modelFolder(fixture.folder, { name, contract: { features: [] } }, 'int64');
    await writeFile(path.join(folder, 'model.onnx'), graph);
    await fixture.registry.register(folder, await readSignature(path.join(folder, 'model.onnx')));
    await fixture.apply(name, { type: 'approve', version: 1, reason: 'test' });
    await fixture.apply(name, { type: 'release', version: 1, reason: 'test' });
  }
  await fixture.release(PIPELINE, 'pipeline');
  await fixture.release(TREE, 'tree-30');
  endpoint = await fixture.endpoint();
});
afterAll(() => fixture.close());

const post = async (at: string, body: unknown, headers: Record<string, string> = {}) =>
  read(await endpoint.handle(request('POST', at, body, headers)));
const float = (name: string, shape: readonly number[], data: readonly number[] = []) => ({
  name,
  shape,
  datatype: 'FP32',
  data,
});

describe('Sizes that a caller chose', () => {
  it.each([
    [[1, 2 ** 40, 0]],
    [[1, 2 ** 53, 0]],
    [[1, 2 ** 31, 0]],
    [[0, 2, 3]],
    [[1e308, 1e308, 0]],
    [[1, 65_536, 65_536]],
  ])('of %j are refused before any runtime sees them, in text and in bytes', async (shape) => {
    expect((await post('/v2/models/multiply/infer', { inputs: [float('x', shape)] })).status).toBe(400);
    const { data: _, ...binary } = { ...float('x', shape), parameters: { binary_data_size: 0 } };
    const head = JSON.stringify({ inputs: [binary] });
    const headers = { 'inference-header-content-length': String(head.length) };
    expect((await post('/v2/models/multiply/infer', Buffer.from(head), headers)).status).toBe(400);
  });

  it('and that no node can work with are the caller’s fault, told by the shapes', async () => {
    fixture.lines.length = 0;
    const wrong = await post('/v2/models/multiply/infer', { inputs: [float('x', [1, 1, 5], [1, 2, 3, 4, 5])] });
    expect(wrong.status).toBe(400);
    expect(wrong.body.error).toBe('the model cannot run on inputs of these shapes: x [1,1,5]');
    const unequal = await post('/v2/models/add/infer', {
      inputs: [float('x', [2, 2], [1, 2, 3, 4]), float('z', [3, 2], [1, 2, 3, 4, 5, 6])],
    });
    expect(unequal.status).toBe(400);
    // Nor does it count among what failed, or did not.
    expect(fixture.metric('Failure')).toEqual([]);
    const right = await post('/v2/models/multiply/infer', { inputs: [float('x', [1, 1, 3], [1, 2, 3])] });
    expect(right.status).toBe(200);
  });
});

describe('Values that have broken other servers', () => {
  it('are taken as the numbers that they are, or refused', async () => {
    const ask = async (text: string) =>
      (await post('/v1/models/pipeline:predict', `{"instances":[{"carrier":"B6","distance":${text},"temperature":0}]}`))
        .status;
    expect(await ask('1e2')).toBe(200);
    for (const text of ['1e400', '-1e400', 'Infinity', '-1', '5001', 'NaN', 'null', '"1"', '[[1]]', '{}', 'true'])
      expect([text, await ask(text)]).toEqual([text, 400]);
    for (const text of ['1e', '01', '.5', '0x10', '1_000', 'undefined', '-'])
      expect([text, await ask(text)]).toEqual([text, 400]);
  });

  it('do not reach any prototype, as keys or as values', async () => {
    const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];
    for (const key of keys) {
      const bodies = [
        `{"${key}": {"instances": [1], "polluted": true}}`,
        `{"instances": [{"${key}": {"polluted": true}}]}`,
        `{"inputs": {"${key}": [[1]]}}`,
        `{"inputs": [{"name": "${key}", "shape": [1], "datatype": "FP32", "data": [1]}]}`,
        `{"inputs": [], "outputs": [{"name": "${key}"}]}`,
        `{"inputs": [], "parameters": {"${key}": {"polluted": true}}}`,
      ];
      for (const body of bodies) {
        expect((await post('/v1/models/pipeline:predict', body)).status).toBe(400);
        expect((await post('/v2/models/pipeline/infer', body)).status).toBe(400);
      }
      expect((await endpoint.handle(request('GET', `/v2/models/${key}`))).status).toBe(404);
      expect((await post(`/v1/models/${key}:predict`, { instances: [ROW] })).status).toBe(404);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('given twice under one key count as the last, however the body is read', async () => {
    const plain = '{"instances":[{"carrier":"XX","distance":10,"temperature":0,"carrier":"B6"}]}';
    // The bare word sends it past JSON.parse.
    const bare = '{"instances":[{"carrier":"XX","distance":10,"temperature":NaN,"carrier":"B6"}]}';
    for (const body of [plain, bare]) expect((await post('/v1/models/pipeline:predict', body)).status).toBe(200);
    const last = '{"instances":[{"carrier":"B6","distance":10,"temperature":0,"carrier":"XX"}]}';
    expect((await post('/v1/models/pipeline:predict', last)).status).toBe(400);
  });

  it('that are half a surrogate pair, which no UTF-8 has, are refused, and an id of one harms no header', async () => {
    const infer = (data: string) =>
      post(
        '/v2/models/echo/infer',
        `{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":["${data}"]}],"id":"\\ud800"}`,
      );
    for (const bad of ['\\ud800', '\\udc00x'])
      expect(await infer(bad)).toMatchObject({
        status: 400,
        body: { error: expect.stringContaining('expected Unicode text without NUL') },
      });
    const { status, body: told, headers } = await infer('\\ud83d\\ude00');
    expect(status).toBe(200);
    expect(told.outputs[0].data).toEqual(['😀']);
    for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
  });

  it('of base64 are read whole, megabytes of them, and refused where they are none', async () => {
    const text = (b64: string) => `{"inputs": {"text": [{"b64": "${b64}"}]}}`;
    const long = 'QUJD'.repeat((BODY_LIMIT - 100) / 4);
    const whole = await post('/v1/models/echo:predict', text(long));
    expect(whole.status).toBe(200);
    expect(whole.body.outputs[0]).toHaveLength((long.length / 4) * 3);
    for (const b64 of ['QQ==', 'QQ', 'QUI=', 'QUI', '', '+/+/'])
      expect([b64, (await post('/v1/models/echo:predict', text(b64))).status]).toEqual([
        b64,
        b64 === '+/+/' ? 400 : 200,
      ]);
    for (const b64 of ['Q', 'QQ=', 'QUI==', 'QUJD=', '=', '====', 'QQ==QQ==', 'Q Q=', 'QUJD-_==', `${long}!`])
      expect((await post('/v1/models/echo:predict', text(b64))).body.error).toContain('is not base64');
  });
});
