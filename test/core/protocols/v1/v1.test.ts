import { describe, expect, it } from 'vitest';
import { type Operation, protocolModelOf } from '../../../../core/protocols/protocol.ts';
import { protocolOf } from '../../../../core/protocols/protocols.ts';
import { decodeTruth } from '../../../../core/protocols/trimtab.ts';
import { decodeRegress } from '../../../../core/protocols/v1/examples.ts';
import { decodeV1 } from '../../../../core/protocols/v1/predict.ts';
import { v1 } from '../../../../core/protocols/v1/v1.ts';
import { catalog, head, post, protocolModel, spec, tensor } from '../protocol-models.ts';

const show = (path: string) => {
  const response = (v1.resolve(head('GET', path), catalog) as Extract<Operation, { kind: 'show' }>).show(
    catalog,
    post(''),
  );
  return { status: response.status, body: JSON.parse(response.body as string) };
};

describe('v1 paths', () => {
  it('merges the status of TensorFlow Serving with the readiness of KServe', () => {
    expect(show('/v1/models')).toEqual({ status: 200, body: { models: ['empty', 'm'] } });
    expect(show('/v1/models/m/versions/3')).toEqual({
      status: 200,
      body: {
        name: 'm',
        ready: true,
        model_version_status: [{ version: '3', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } }],
      },
    });
    expect(show('/v1/models/empty').status).toBe(503);
    expect(show('/v1/models/m/labels/challenger').body.model_version_status).toMatchObject([{ version: '4' }]);
  });

  it('describes the signature as TensorFlow Serving does', () => {
    const { inputs, outputs } = show('/v1/models/m/metadata').body.metadata.signature_def.signature_def.serving_default;
    expect(inputs.x).toEqual({
      dtype: 'DT_FLOAT',
      tensor_shape: {
        dim: [
          { size: '-1', name: '' },
          { size: '2', name: '' },
        ],
        unknown_rank: false,
      },
      name: 'x',
    });
    expect(outputs.y.dtype).toBe('DT_INT64');
  });

  it.each([
    ['GET', '/v1/models/m:predict', 405],
    ['POST', '/v1/models/m', 405],
    ['GET', '/v1/models/m:explain', 405],
    ['GET', '/v1/models/m:classify', 405],
    ['GET', '/v1/models/m:regress', 405],
    ['POST', '/v1/models/m/versions/1/labels/stable:predict', 404],
    ['POST', '/v1/models/m:dance', 404],
    ['POST', '/v1/models/m/versions/HELLO:predict', 400],
    ['POST', '/v1/models/m/labels/nobody:predict', 400],
    ['POST', '/v1/models/m/labels/constructor:predict', 400],
    ['GET', '/v1/else', 404],
  ])('%s %s is %d', (method, path, status) => {
    expect(() => v1.resolve(head(method, path), catalog)).toThrow(expect.objectContaining({ status }));
  });

  it.each([
    ['champion', 'champion'],
    ['stable', 'champion'],
    ['challenger', 'challenger'],
    ['canary', 'challenger'],
    ['shadow', 'shadow'],
  ])('the label %s is the %s', (label, variant) => {
    expect(v1.resolve(head('POST', `/v1/models/m/labels/${label}:predict`), catalog)).toMatchObject({ variant });
  });

  it('leads every path to the protocol it belongs to', () => {
    expect(
      ['/v2/models', '/v1/models', '/trimtab/v1/models/m/release', '/', '/v3'].map(
        (path) => protocolOf(head('GET', path)).name,
      ),
    ).toEqual(['v2', 'v1', 'trimtab', 'v1', 'none']);
    expect(['OPTIONS', 'POST'].map((method) => protocolOf(head(method, '/')).name)).toEqual(['torchserve', 'none']);
  });

  it("says to KServe's clients that it is alive", () => {
    expect(show('/')).toEqual({ status: 200, body: { status: 'alive' } });
  });
});

const one = protocolModel([spec('x', 'float32', [-1, 2])], [spec('y', 'float32', [-1, 2])]);
const table = protocolModel(
  [spec('carrier', 'string', [-1, 1]), spec('distance', 'float32', [-1, 1])],
  [spec('label', 'int64', [-1]), spec('p', 'float32', [-1, 2])],
);
const result = { model: 'm', version: 1, id: 'i', rows: 2 };
const body = (response: { body: string | Uint8Array }) => JSON.parse(response.body as string);

describe('decodeV1', () => {
  it('reads rows of a single input as arrays, and answers bare predictions', () => {
    const call = decodeV1(
      post({
        instances: [
          [1, 2],
          [3, 4],
        ],
      }),
      one,
    );
    expect(call.inputs.get('x')).toEqual({ shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) });
    const response = call.encode({
      ...result,
      outputs: { y: tensor('float32', [2, 2], new Float32Array([0.1, 0.9, Number.NaN, 1])) },
    });
    expect(body(response)).toEqual({
      predictions: [
        [0.1, 0.9],
        [null, 1],
      ],
    });
  });

  it('reads rows of several inputs as objects, values bare or in an array of one, and answers objects', () => {
    const rows = [
      { carrier: 'AA', distance: 5 },
      { carrier: { b64: 'Qg==' }, distance: null },
    ];
    const call = decodeV1(post({ instances: rows }), table);
    expect(call.inputs.get('carrier')).toEqual({ shape: [2, 1], data: ['AA', 'B'] });
    expect(call.inputs.get('distance')).toEqual({ shape: [2, 1], data: [5, null] });
    expect(decodeV1(post({ instances: [{ carrier: ['AA'], distance: [5] }] }), table).inputs.get('distance')).toEqual({
      shape: [1, 1],
      data: Float64Array.of(5),
    });
    const outputs = {
      label: tensor('int64', [2], new BigInt64Array([1n, 0n])),
      p: tensor('float32', [2, 2], new Float32Array([0.5, 0.5, 0.25, 0.75])),
    };
    expect(body(call.encode({ ...result, outputs }))).toEqual({
      predictions: [
        { label: 1, p: [0.5, 0.5] },
        { label: 0, p: [0.25, 0.75] },
      ],
    });
  });

  it('reads columns, and answers both keys since two servers share the URL', () => {
    const call = decodeV1(post({ inputs: { carrier: ['AA', 'B6'], distance: [[1], [2]] } }), table);
    expect(call.inputs.get('carrier')!.shape).toEqual([2, 1]);
    const outputs = {
      label: tensor('int64', [2], new BigInt64Array([1n, 0n])),
      p: tensor('float32', [2, 2], new Float32Array([0.5, 0.5, 0.25, 0.75])),
    };
    expect(body(call.encode({ ...result, outputs }))).toMatchObject({
      outputs: {
        label: [1, 0],
        p: [
          [0.5, 0.5],
          [0.25, 0.75],
        ],
      },
      predictions: [{ label: 1 }, { label: 0 }],
    });
  });

  it('takes a list of plain objects under inputs for rows, as KServe does', () => {
    const call = decodeV1(post({ inputs: [{ carrier: 'AA', distance: 5 }] }), table);
    expect(call.inputs.get('distance')!.data).toEqual([5]);
  });

  it('writes outputs named *_bytes as base64', () => {
    const bytes = protocolModel([spec('x', 'float32', [-1, 2])], [spec('y_bytes', 'string', [-1])]);
    const response = decodeV1(post({ instances: [[1, 2]] }), bytes).encode({
      ...result,
      rows: 1,
      outputs: { y_bytes: tensor('string', [1], ['é']) },
    });
    expect(body(response)).toEqual({ predictions: [{ b64: 'w6k=' }] });
  });

  it.each([
    ['both formats', one, { instances: [[1, 2]], inputs: [[1, 2]] }],
    ['neither format', one, {}],
    ['no rows', one, { instances: [] }],
    ['rows of unequal shape', one, { instances: [[1, 2], [3]] }],
    ['a row of a wrong width', one, { instances: [[1, 2, 3]] }],
    ['a row that is deeper', one, { instances: [[[1], [2]]] }],
    ['bare rows for several inputs', table, { instances: [1] }],
    ['a row that lacks an input', table, { instances: [{ carrier: 'AA', distance: 1 }, { carrier: 'AA' }] }],
    ['a row with an unknown key', table, { instances: [{ carrier: 'AA', distance: 1, more: 2 }] }],
    ['rows of different kinds', table, { instances: [{ carrier: 'AA', distance: 1 }, 5] }],
    [
      'values of different depth',
      table,
      {
        instances: [
          { carrier: 'AA', distance: 1 },
          { carrier: ['AA'], distance: 1 },
        ],
      },
    ],
    ['an object for a string', table, { instances: [{ carrier: { b64: 'QQ==', x: 1 }, distance: 1 }] }],
    ['b64 that is none', table, { instances: [{ carrier: { b64: '***' }, distance: 1 }] }],
    ['b64 that is not UTF-8', table, { instances: [{ carrier: { b64: '/w==' }, distance: 1 }] }],
    ['a column that is missing', table, { inputs: { carrier: ['AA'] } }],
    ['a column that is unknown', table, { inputs: { carrier: ['AA'], distance: [1], z: [1] } }],
    ['a signature that is not there', one, { signature_name: 'x', instances: [[1, 2]] }],
    ['a body that is no object', one, '5'],
    ['malformed JSON', one, '{"instances":[[1,2]'],
  ])('refuses %s', (_, model, message) => {
    expect(() => decodeV1(post(message), model)).toThrow(/./);
    try {
      decodeV1(post(message), model);
    } catch (error) {
      expect(['ProtocolError', 'InputError']).toContain((error as Error).name);
      expect((error as { status?: number }).status ?? 400).toBe(400);
    }
  });
});

describe('decodeTruth', () => {
  it('reads records of id and truth, and refuses anything else', () => {
    expect(
      decodeTruth(
        post({
          records: [
            { id: 'a', truth: 1 },
            { id: 'b#2', truth: true },
          ],
        }),
      ),
    ).toEqual([
      { id: 'a', truth: 1 },
      { id: 'b#2', truth: true },
    ]);
    for (const bad of [
      {},
      { records: [] },
      { records: [1] },
      { records: [{ id: '', truth: 1 }] },
      { records: [{ id: 'a', truth: null }] },
      { records: [{ id: 'a', truth: 1, x: 1 }] },
    ])
      expect(() => decodeTruth(post(bad))).toThrow(expect.objectContaining({ status: 400 }));
  });
});

describe('what is no number', () => {
  const odd = {
    half: tensor('float16', [2], Uint16Array.of(0x7c00, 0x3c00)),
    single: tensor('float32', [2], Float32Array.of(Number.NaN, 0.1)),
    double: tensor('float64', [2], Float64Array.of(Number.NEGATIVE_INFINITY, 2)),
  };
  const outputs = (['half', 'single', 'double'] as const).map((name) => spec(name, odd[name].type, [-1]));
  const answer = (tokens: boolean, body: unknown) => {
    const own = protocolModelOf('m', { inputs: [spec('x', 'float32', [-1])], outputs }, { tokens });
    return decodeV1(post(body), own).encode({ model: 'm', version: 1, id: 'i', rows: 2, outputs: odd }).body;
  };

  it('is null, which every reader of JSON takes, unless the model is to speak as TensorFlow Serving does', () => {
    expect(answer(false, { instances: [1, 2] })).toBe(
      '{"predictions":[{"half":null,"single":null,"double":null},{"half":1,"single":0.1,"double":2}]}',
    );
    expect(answer(true, { instances: [1, 2] })).toBe(
      '{"predictions":[{"half":Infinity,"single":NaN,"double":-Infinity},{"half":1,"single":0.1,"double":2}]}',
    );
    expect(answer(true, { inputs: [1, 2] })).toContain(
      '"outputs":{"half":[Infinity,1],"single":[NaN,0.1],"double":[-Infinity,2]}',
    );
  });

  it('comes in as a token or as null alike', () => {
    const x = (body: string) => [
      ...(decodeV1(post(body), protocolModel([spec('x', 'float32', [-1])])).inputs.get('x')!.data as number[]),
    ];
    expect(x('{"instances":[NaN,Infinity,-Infinity,1]}')).toEqual([Number.NaN, Infinity, -Infinity, 1]);
    expect(x('{"instances":[null,1]}')).toEqual([null, 1]);
  });

  it('is told so by classify and regress, too', () => {
    const own = protocolModelOf(
      'm',
      { inputs: [spec('x', 'float32', [-1])], outputs: [spec('value', 'float32', [-1])] },
      { tokens: true },
    );
    const result = { model: 'm', version: 1, id: 'i', rows: 2, outputs: { value: odd.single } };
    expect(decodeRegress(post({ examples: [{ x: 1 }, { x: 2 }] }), own).encode(result).body).toBe(
      '{"results":[NaN,0.1]}',
    );
  });
});
