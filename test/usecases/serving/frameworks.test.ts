import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { halfBits } from '../../../core/model/half.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

/** Models as frameworks export them, with what Python's ONNX Runtime answers: test/fixtures/onnx/frameworks.py. */
interface Described {
  readonly datatype: string;
  readonly shape: number[];
  readonly data: (number | string | boolean | null)[];
}
const FRAMEWORKS = JSON.parse(readFileSync('test/fixtures/onnx/frameworks/expected.json', 'utf8')) as Record<
  string,
  { inputs: Record<string, Described>; outputs: Record<string, Described> }
>;

const row = (width: number, input = 'x') =>
  Array.from({ length: width }, (_, index) => ({ name: `f${index}`, type: 'float', input, index, missing: 'allow' }));
const CONTRACTS: Record<string, object> = {
  'sklearn-mixed': {
    features: [
      { name: 'line', type: 'string', maxLength: 20 },
      { name: 'shift', type: 'integer', min: 1, max: 3 },
      { name: 'pressure', type: 'float', min: 0, max: 20 },
      { name: 'night', type: 'integer', allowed: [0, 1] },
    ],
  },
  'sklearn-text': { features: [], tensors: [{ name: 'text', maxLength: 200 }] },
  'torch-sequence': {
    features: [],
    tensors: [
      { name: 'input_ids', shape: [null, { min: 1, max: 64 }], min: 0, max: 49 },
      { name: 'attention_mask', shape: [null, { min: 1, max: 64 }], min: 0, max: 1 },
    ],
  },
  'torch-image': {
    features: [],
    tensors: [{ name: 'image', shape: [null, 3, { min: 3, max: 64 }, { min: 3, max: 64 }] }],
  },
  'torch-half': { features: row(4).map((feature) => ({ ...feature, max: 70_000 })) },
  ranks: { features: [], tensors: [{ name: 'volume', shape: [null, 2, 1, 2, { max: 8 }] }] },
  picture: { features: [], tensors: [{ name: 'x', min: 0, max: 1 }] },
  double: { features: row(3) },
};

const manifestOf = (name: string) => ({ name, contract: CONTRACTS[name] ?? { features: row(5) } });

let fixture: ServingFixture;
let endpoint: Endpoint;
beforeAll(async () => {
  fixture = await ServingFixture.open();
  for (const name of Object.keys(FRAMEWORKS)) await fixture.release(manifestOf(name), `frameworks/${name}`);
  endpoint = await fixture.endpoint();
}, 120_000);
afterAll(() => fixture.close());

/** Numbers may differ in the last places, everything else may not. */
function expectSame(found: unknown[], wanted: unknown[]): void {
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) {
    if (typeof value !== 'number') expect(found[i]).toBe(value);
    else expect(Math.abs((found[i] as number) - value)).toBeLessThanOrEqual(1e-5 + 1e-5 * Math.abs(value));
  }
}

/** Flat data as nested arrays; the value alone of a scalar. */
function nested(data: readonly unknown[], shape: readonly number[]): unknown {
  const [first, ...rest] = shape;
  if (first === undefined) return data[0];
  const width = data.length / first;
  return Array.from({ length: first }, (_, i) => nested(data.slice(i * width, (i + 1) * width), rest));
}

const BYTES: Record<string, (data: Described['data']) => Uint8Array> = {
  FP32: (data) => bytesOf(Float32Array.from(data, (x) => (x === null ? Number.NaN : Number(x)))),
  FP64: (data) => bytesOf(Float64Array.from(data, Number)),
  FP16: (data) => bytesOf(Uint16Array.from(data, (x) => halfBits(Number(x)))),
  INT64: (data) => bytesOf(BigInt64Array.from(data, (x) => BigInt(x as number))),
  UINT8: (data) => Uint8Array.from(data, Number),
  BOOL: (data) => Uint8Array.from(data, Number),
  BYTES: (data) =>
    Buffer.concat(
      data.map((text) => {
        const bytes = Buffer.from(String(text));
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        return Buffer.concat([length, bytes]);
      }),
    ),
};
const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** A v2 body with its tensors behind the JSON, and the header that says where they begin. */
function binary(inputs: Record<string, Described>, parameters = {}): [Uint8Array, Record<string, string>] {
  const blocks = Object.values(inputs).map(({ datatype, data }) => BYTES[datatype]!(data));
  const head = Buffer.from(
    JSON.stringify({
      parameters,
      inputs: Object.entries(inputs).map(([name, { datatype, shape }], i) => ({
        name,
        datatype,
        shape,
        parameters: { binary_data_size: blocks[i]!.length },
      })),
    }),
  );
  return [Buffer.concat([head, ...blocks]), { 'inference-header-content-length': String(head.length) }];
}

describe.each(Object.keys(FRAMEWORKS).filter((name) => name !== 'picture'))('%s', (name) => {
  const { inputs, outputs } = FRAMEWORKS[name]!;
  const infer = async (body: unknown, headers?: Record<string, string>) =>
    read(await endpoint.handle(request('POST', `/v2/models/${name}/infer`, body, headers)));
  const expectOutputs = (found: { name: string; datatype: string; shape: number[]; data: unknown[] }[]) => {
    expect(found.map((each) => each.name)).toEqual(Object.keys(outputs));
    for (const each of found) {
      const wanted = outputs[each.name]!;
      expect([each.datatype, each.shape]).toEqual([wanted.datatype, wanted.shape]);
      expectSame(each.data, wanted.data);
    }
  };

  it('answers what Python does, in v2 as JSON', async () => {
    const body = { inputs: Object.entries(inputs).map(([input, described]) => ({ name: input, ...described })) };
    const response = await infer(body);
    if (name === 'torch-half') {
      expect(response.body.error).toMatch(/float16 cannot be carried as JSON/);
      return;
    }
    expect(response.body.error).toBeUndefined();
    expectOutputs(response.body.outputs);
  });

  it('answers what Python does, in v2 with binary inputs', async () => {
    const response = await infer(...binary(inputs));
    expect(response.body.error).toBeUndefined();
    expectOutputs(response.body.outputs);
  });

  it('answers what Python does, in v1', async () => {
    const batches = [...Object.values(inputs), ...Object.values(outputs)].map(({ shape }) => shape[0]);
    const rows = new Set(batches).size === 1 ? batches[0]! : undefined;
    const columns = Object.fromEntries(
      Object.entries(inputs).map(([key, { data, shape }]) => [key, nested(data, shape)]),
    );
    const body =
      rows === undefined
        ? { inputs: columns }
        : {
            instances: Array.from({ length: rows }, (_, i) =>
              Object.fromEntries(Object.entries(columns).map(([key, value]) => [key, (value as unknown[])[i]])),
            ),
          };
    const response = read(await endpoint.handle(request('POST', `/v1/models/${name}:predict`, body)));
    expect(response.body.error).toBeUndefined();
    const names = Object.keys(outputs);
    for (const output of names) {
      const found =
        rows === undefined
          ? response.body.outputs[output]
          : response.body.predictions.map((one: never) => (names.length === 1 ? one : one[output]));
      expectSame([found].flat(9), outputs[output]!.data);
    }
  });
});

describe('models of every framework', () => {
  const captured = async (model: string, body: object) => {
    const before = fixture.captures().length;
    await endpoint.handle(request('POST', `/v1/models/${model}:predict`, body));
    return fixture.captures().slice(before);
  };

  it('leave out outputs that are no tensors', async () => {
    const { body } = read(await endpoint.handle(request('GET', '/v2/models/sklearn-zipmap')));
    expect(body.outputs.map((output: { name: string }) => output.name)).toEqual(['output_label']);
  });

  it('are captured as features where they have them, as a summary where they have none', async () => {
    const [mixed] = await captured('sklearn-mixed', {
      instances: [{ line: 'west', shift: 2, pressure: 5.5, night: 1 }],
    });
    expect(mixed!.features).toEqual({ line: ['west'], shift: [2], pressure: [5.5], night: [1] });
    const image = nested(
      new Array(3 * 4 * 4).fill(0).map((_, i) => i),
      [1, 3, 4, 4],
    );
    const [picture] = await captured('torch-image', { instances: image });
    expect(picture!.features).toEqual({
      'image.mean': [23.5],
      'image.std': [Math.sqrt((48 * 48 - 1) / 12)],
      'image.min': [0],
      'image.max': [47],
      'image.size': [48],
      'image.digest': [expect.stringMatching(/^[0-9a-f]{16}$/)],
    });
    const [text] = await captured('sklearn-text', { instances: ['oil leaks'] });
    expect(text!.features).toEqual({ 'text.length': [9], 'text.digest': [expect.anything()] });
    expect(JSON.stringify(text)).not.toContain('oil');
  });

  it.each([
    [
      'sklearn-mixed',
      { instances: [{ line: 'west', shift: 7, pressure: 5, night: 0 }] },
      /shift in row 0 is 7, expected at most 3/,
    ],
    [
      'torch-sequence',
      { instances: [{ input_ids: [1, 50], attention_mask: [1, 1] }] },
      /input_ids in row 0 is 50, expected at most 49/,
    ],
    [
      'torch-image',
      { instances: nested(new Array(12).fill(0), [1, 3, 2, 2]) },
      /image in row 0 .*shape \[any, 3, 3 to 64, 3 to 64\]/,
    ],
    ['sklearn-text', { instances: ['x'.repeat(201)] }, /201 characters.* at most 200 characters/],
    ['torch-half', { instances: [[1, 2, 3, 1e6]] }, /f3 in row 0 is 1000000, expected at most 70000/],
  ])('keep %s to its contract', async (model, body, message) => {
    const response = read(await endpoint.handle(request('POST', `/v1/models/${model}:predict`, body)));
    expect(response.status).toBe(400);
    expect(response.body.error).toMatch(message);
  });
});

describe('large tensors', () => {
  const length = 3 * 224 * 224;
  const pixels = (i: number) => (i % 256) / 256;
  /** Means of the three planes, as the request has them. */
  const means = [0, 1, 2].map((plane) => {
    let sum = 0;
    for (let i = 0; i < length / 3; i++) sum += pixels(plane * (length / 3) + i);
    return (3 * sum) / length;
  });

  it.each([1, 9])('go in and out as binary, %d pictures in one request', async (batch) => {
    const data = new Float32Array(length * batch);
    for (let i = 0; i < data.length; i++) data[i] = pixels(i % length);
    const input = {
      name: 'x',
      datatype: 'FP32',
      shape: [batch, 3, 224, 224],
      parameters: { binary_data_size: data.byteLength },
    };
    const head = Buffer.from(JSON.stringify({ inputs: [input] }));
    const body = Buffer.concat([head, bytesOf(data)]);
    const headers = { 'inference-header-content-length': String(head.length) };
    const response = read(await endpoint.handle(request('POST', '/v2/models/picture/infer', body, headers)));
    expect(response.body.outputs[0].shape).toEqual([batch, 3]);
    expectSame(response.body.outputs[0].data, Array.from({ length: batch }, () => means).flat());
  });

  it('go in as JSON, and leave a summary of a line', async () => {
    const data = Array.from({ length }, (_, i) => pixels(i));
    const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3, 224, 224], data }] });
    expect(body.length).toBeGreaterThan(1e6);
    const before = fixture.lines.length;
    const response = read(await endpoint.handle(request('POST', '/v2/models/picture/infer', body)));
    expectSame(response.body.outputs[0].data, means);
    const lines = fixture.lines.slice(before).filter((line) => line.includes('"capture"'));
    expect(lines).toHaveLength(1);
    expect(lines[0]!.length).toBeLessThan(1_000);
  });

  it('are refused beyond what Lambda takes, before anything is read', async () => {
    const body = new Uint8Array(6 * 1024 * 1024 + 1);
    const response = read(await endpoint.handle(request('POST', '/v2/models/picture/infer', body)));
    expect(response.status).toBe(413);
  });
});
