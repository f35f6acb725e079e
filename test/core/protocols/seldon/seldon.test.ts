import { describe, expect, it } from 'vitest';
import type { TensorData } from '../../../../core/model/tensor.ts';
import { type Operation, type ProtocolModel, protocolModelOf } from '../../../../core/protocols/protocol.ts';
import { decodeFeedback } from '../../../../core/protocols/seldon/feedback.ts';
import { decodeSeldon } from '../../../../core/protocols/seldon/predict.ts';
import { seldon } from '../../../../core/protocols/seldon/seldon.ts';
import { catalog, head, post, protocolModel, spec, tensor } from '../protocol-models.ts';

const numbers = protocolModel([spec('x', 'float32', [-1, 2])], [spec('y', 'float32', [-1, 2])]);
const flight = protocolModel(
  [spec('carrier', 'string', [-1, 1]), spec('seats', 'int64', [-1, 1])],
  [spec('label', 'int64', [-1]), spec('p', 'float32', [-1, 2])],
);
const text = protocolModel([spec('t', 'string', [-1])], [spec('u', 'string', [-1])]);

const inputs = (body: unknown, of: ProtocolModel) =>
  Object.fromEntries(
    [...decodeSeldon(post(body), of).inputs].map(([name, { shape, data }]) => [name, [shape, Array.from(data)]]),
  );
const answer = (body: unknown, of: ProtocolModel, outputs: Record<string, TensorData>, headers = {}) => {
  const call = decodeSeldon(post(body, headers), of);
  const response = call.encode({
    model: 'm',
    version: 3,
    id: call.id ?? 'made-up',
    rows: Object.values(outputs)[0]!.shape[0]!,
    outputs,
  });
  return { headers: response.headers, ...JSON.parse(response.body as string) };
};
const TWO = { y: tensor('float32', [2, 2], new Float32Array([0.1, 0.9, 0.2, 0.8])) };
const ONE = { y: tensor('float32', [1, 2], new Float32Array([0.1, 0.9])) };

describe('decodeSeldon', () => {
  it('mirrors a tensor, with default names, the id and the tags', () => {
    const body = {
      meta: { puid: 'abc', tags: { a: 1 } },
      data: { tensor: { shape: [2, 2], values: [1, 2, 3, 4] } },
    };
    expect(inputs(body, numbers)).toEqual({
      x: [
        [2, 2],
        [1, 2, 3, 4],
      ],
    });
    expect(answer(body, numbers, TWO)).toEqual({
      headers: { 'content-type': 'application/json', 'seldon-puid': 'abc' },
      data: { names: ['t:0', 't:1'], tensor: { shape: [2, 2], values: [0.1, 0.9, 0.2, 0.8] } },
      meta: { puid: 'abc', tags: { a: 1 }, requestPath: { m: 'trimtab:3' } },
    });
  });

  it('mirrors an ndarray, by the labels where there are some', () => {
    const labelled = protocolModelOf('m', numbers.signature, { labels: new Map([['y', ['late', 'on time']]]) });
    expect(
      answer(
        {
          data: {
            ndarray: [
              [1, 2],
              [3, 4],
            ],
          },
        },
        labelled,
        TWO,
      ).data,
    ).toEqual({
      names: ['late', 'on time'],
      ndarray: [
        [0.1, 0.9],
        [0.2, 0.8],
      ],
    });
  });

  it('puts named columns where they belong, and several outputs side by side', () => {
    const body = '{"data":{"names":["seats","carrier"],"ndarray":[[9007199254740993,"UA"]]}}';
    expect(inputs(body, flight)).toEqual({ carrier: [[1, 1], ['UA']], seats: [[1, 1], [9007199254740993n]] });
    // Names of which the model knows none are somebody else's: then the place counts.
    expect(inputs({ data: { names: ['a', 'b'], ndarray: [['UA', 5]] } }, flight).seats).toEqual([[1, 1], [5]]);
    expect(() => inputs({ data: { names: ['seats', 'b'], ndarray: [[5, 'UA']] } }, flight)).toThrow(
      'missing column carrier',
    );
    const outputs = {
      label: tensor('int64', [1], new BigInt64Array([9007199254740993n])),
      p: tensor('float32', [1, 2], new Float32Array([0.1, 0.9])),
    };
    const call = decodeSeldon(post(body), flight);
    expect(call.encode({ model: 'm', version: 3, id: 'i', rows: 1, outputs }).body).toContain(
      '"data":{"names":["label","p:0","p:1"],"ndarray":[[9007199254740993,0.1,0.9]]}',
    );
  });

  it('mirrors text, JSON and bytes', () => {
    expect(answer({ strData: 'a' }, text, { u: tensor('string', [1], ['b']) }).strData).toBe('b');
    expect(answer({ strData: '[1,2]' }, numbers, ONE).strData).toBe('[0.1,0.9]');
    expect(answer({ jsonData: { x: [[1, 2]] } }, numbers, ONE).jsonData).toEqual([[0.1, 0.9]]);
    expect(answer({ jsonData: [1, 2] }, numbers, ONE).jsonData).toEqual([0.1, 0.9]);
    const binData = Buffer.from(new Float32Array([1, 2]).buffer).toString('base64');
    expect(inputs({ binData }, numbers)).toEqual({
      x: [
        [1, 2],
        [1, 2],
      ],
    });
    const bytes = Buffer.from(answer({ binData }, numbers, ONE).binData, 'base64');
    expect([...new Float32Array(new Uint8Array(bytes).buffer)]).toEqual([...(ONE.y.data as Float32Array)]);
  });

  it('takes the id from the header, and makes one up without', () => {
    const body = { data: { ndarray: [[1, 2]] } };
    expect(answer(body, numbers, ONE, { 'seldon-puid': 'from-header' }).meta.puid).toBe('from-header');
    expect(answer(body, numbers, ONE).meta.puid).toBe('made-up');
  });

  it('reads a message out of a form', () => {
    const form = `json=${encodeURIComponent('{"data":{"ndarray":[[1,2]]}}')}`;
    const call = decodeSeldon(post(form, { 'content-type': 'application/x-www-form-urlencoded' }), numbers);
    expect([...(call.inputs.get('x')!.data as number[])]).toEqual([1, 2]);
  });

  it.each([
    [[], 'the message is an array'],
    [{}, 'none of data, strData'],
    [{ data: { ndarray: [[1, 2]] }, strData: 'x' }, 'data and strData'],
    [{ data: {} }, 'none of tensor, ndarray'],
    [{ data: { ndarray: [[1, 2]], tensor: {} } }, 'tensor and ndarray'],
    [{ data: { tensor: { shape: [1, 2], values: [1] } } }, 'has 1 elements, shape [1,2] takes 2'],
    [{ data: { tensor: { shape: [-1, 2], values: [1] } } }, 'no array of whole numbers'],
    [{ data: { tensor: { shape: [1, 3], values: [1, 2, 3] } } }, 'the model takes [-1,2]'],
    [{ data: { ndarray: [[1, 2], [1]] } }, '1 elements along axis 1'],
    [{ data: { names: 'x', ndarray: [[1, 2]] } }, 'no array of strings'],
    [{ data: { tftensor: {} } }, 'tftensor is not supported'],
    [{ binData: '*' }, 'not base64'],
    [{ meta: { puid: 3 }, data: { ndarray: [[1, 2]] } }, 'meta.puid is a number'],
  ])('refuses %j', (body, message) => {
    expect(() => decodeSeldon(post(body), numbers)).toThrow(message);
  });
});

describe('decodeFeedback', () => {
  const decode = (body: unknown, headers = {}) => decodeFeedback(post(body, headers));

  it('joins truth and reward by the prediction’s id', () => {
    const response = { meta: { puid: 'abc' }, data: { ndarray: [[0.1, 0.9]] } };
    expect(decode({ response, reward: 0.5, truth: { data: { ndarray: [[1]] } } })).toMatchObject({
      truths: [{ id: 'abc', truth: 1 }],
      outcomes: [{ id: 'abc', metric: 'reward', value: 0.5 }],
    });
    expect(
      decode({ request: { meta: { puid: 'r' } }, truth: { data: { tensor: { shape: [2], values: [0, 1] } } } }).truths,
    ).toEqual([
      { id: 'r#0', truth: 0 },
      { id: 'r#1', truth: 1 },
    ]);
    const batch = { meta: { puid: 'b' }, data: { tensor: { shape: [2, 1], values: [0, 1] } } };
    expect(decode({ response: batch, reward: 1 }).outcomes).toEqual([{ id: 'b#0', metric: 'reward', value: 1 }]);
    expect(decode({ truth: { strData: 'late' } }, { 'seldon-puid': 'h' }).truths).toEqual([{ id: 'h', truth: 'late' }]);
    expect(decode('{"truth":{"jsonData":9007199254740993}}', { 'seldon-puid': 'h' }).truths).toEqual([
      { id: 'h', truth: '9007199254740993' },
    ]);
  });

  it.each([
    [{ reward: 1 }, 'belongs to no prediction'],
    [{ response: { meta: { puid: 'a' } } }, 'neither truth nor reward'],
    [{ response: { meta: { puid: 'a' } }, reward: 'x' }, 'reward is a string'],
    [{ response: { meta: { puid: 'a' } }, truth: { data: { ndarray: [[1, 0]] } } }, 'truth of row 0 is an array'],
    [{ response: { meta: { puid: 'a' } }, truth: { data: { ndarray: [] } } }, 'truth has 0 rows'],
    [{ response: { meta: { puid: 'a' } }, truth: { data: { tensor: 1 } } }, 'holds missing'],
    [{ response: 3, reward: 1 }, 'response is a number'],
  ])('refuses %j', (body, message) => {
    expect(() => decode(body)).toThrow(message);
  });
});

describe('Seldon paths', () => {
  it('are the same behind an ingress, whose deployment may have another name than the model', () => {
    const only = { ...catalog, models: () => ['m'] };
    expect(seldon.resolve(head('POST', '/api/v1.0/predictions'), catalog)).toMatchObject({ kind: 'infer' });
    for (const path of ['/seldon/ns/m/api/v1.0/predictions', '/seldon/m/api/v1.0/predictions'])
      expect(seldon.resolve(head('POST', path), catalog)).toMatchObject({ kind: 'infer', model: 'm' });
    expect(seldon.resolve(head('POST', '/seldon/ns/other/api/v1.0/feedback'), only)).toMatchObject({
      kind: 'feedback',
      model: undefined,
    });
    expect(seldon.resolve(head('POST', '/seldon/ns/other/api/v1.0/predictions'), catalog)).toMatchObject({
      model: 'other',
    });
  });

  it('describe the deployment as a graph of one node', () => {
    const operation = seldon.resolve(head('GET', '/seldon/ns/m/api/v1.0/metadata'), catalog) as Extract<
      Operation,
      { kind: 'show' }
    >;
    expect(JSON.parse(operation.show(catalog, post('')).body as string)).toMatchObject({
      name: 'm',
      models: { m: { platform: 'onnxruntime_onnx', versions: ['m/3', 'm/4'] } },
      graphinputs: [{ messagetype: 'tensor', schema: { names: ['x'], shape: [-1, 2] } }],
    });
  });

  it.each([
    ['GET', '/api/v1.0/predictions', 405],
    ['POST', '/api/v1.0/nothing', 404],
    ['POST', '/seldon/ns/m/predictions', 404],
    ['POST', '/seldon/', 404],
    ['POST', '/ready', 405],
  ])('%s %s is %d', (method, path, status) => {
    expect(() => seldon.resolve(head(method, path), catalog)).toThrow(expect.objectContaining({ status }));
  });

  it('tell faults as a status', () => {
    expect(JSON.parse(seldon.fail({ kind: 'bad-input', status: 400, message: 'no' }).body as string)).toEqual({
      status: { status: 1, info: 'no', code: -1, reason: 'MICROSERVICE_BAD_DATA' },
    });
  });
});
