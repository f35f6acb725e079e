import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillOpaque } from '../../../../core/contract/opaque.ts';
import type { TensorType } from '../../../../core/model/signature.ts';
import type { Operation } from '../../../../core/protocols/protocol.ts';
import { decodeV2 } from '../../../../core/protocols/v2/infer.ts';
import { v2 } from '../../../../core/protocols/v2/v2.ts';
import { catalog, head, post, protocolModel, spec, tensor } from '../protocol-models.ts';

const show = (path: string) => {
  const response = (v2.resolve(head('GET', path), catalog) as Extract<Operation, { kind: 'show' }>).show(
    catalog,
    post(''),
  );
  return { status: response.status, body: JSON.parse(response.body as string) };
};
const status = (attempt: () => unknown): number => {
  try {
    attempt();
  } catch (error) {
    return (error as { status?: number }).status ?? 400;
  }
  throw new Error('expected a refusal');
};

describe('v2 paths', () => {
  it('answers liveness, readiness and metadata as the specification has it', () => {
    expect(show('/v2/health/live')).toEqual({ status: 200, body: { live: true } });
    expect(show('/v2/health/ready')).toEqual({ status: 200, body: { ready: true } });
    expect(show('/v2')).toMatchObject({
      body: { name: 'trimtab', extensions: expect.arrayContaining(['binary_tensor_data']) },
    });
    expect(show('/v2/models')).toEqual({ status: 200, body: { models: ['empty', 'm'] } });
    expect(show('/v2/models/m/ready')).toEqual({ status: 200, body: { ready: true } });
    expect(show('/v2/models/empty/ready').status).toBe(503);
    expect(show('/v2/models/m/versions/4')).toEqual({
      status: 200,
      body: {
        name: 'm',
        versions: ['4'],
        platform: 'onnxruntime_onnx',
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
        outputs: [{ name: 'y', datatype: 'INT64', shape: [-1] }],
      },
    });
    expect(show('/v2/models/m').body.versions).toEqual(['3', '4']);
  });

  it.each([
    ['GET', '/v2/models/m/infer', 405],
    ['POST', '/v2/models/m', 405],
    ['POST', '/v2', 405],
    ['POST', '/v2/models/m/infer/more', 404],
    ['POST', '/v2/models/m/versions/one/infer', 404],
    ['GET', '/v2/nothing', 404],
    ['GET', '/v2/repository/index', 405],
    ['GET', '/v2/repository/models/m/load', 405],
    ['POST', '/v2/repository/models/m', 404],
    ['POST', '/v2/repository/models/m/swap', 404],
    ['POST', '/v2/repository/models/m/load/more', 404],
    ['POST', '/v2/repository', 404],
    ['POST', '/v2/models/m/stats', 405],
    ['POST', '/v2/models/stats', 405],
    ['GET', '/v2/models/m/stats/more', 404],
  ])('%s %s is %d', (method, path, expected) => {
    expect(status(() => v2.resolve(head(method, path), catalog))).toBe(expected);
  });

  it('says which models and versions there are', () => {
    expect(() => show('/v2/models/nobody')).toThrow('no model named nobody, there is empty, m');
    expect(() => show('/v2/models/m/versions/9')).toThrow('version 9 of model m is not served, available: 3, 4');
  });
});

const floats = protocolModel([spec('x', 'float32', [-1, 2])]);
const input = (more: object) => ({
  inputs: [{ name: 'x', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4], ...more }],
});

describe('decodeV2', () => {
  it('takes data flat or nested, and nested numbers as doubles', () => {
    const read = (data: unknown) => decodeV2(post(input({ data })), floats).inputs.get('x');
    const nested = (last: unknown) => [
      [1, 2],
      [3, last],
    ];
    expect(read([1, 2, 3, 4])).toEqual({ shape: [2, 2], data: [1, 2, 3, 4] });
    expect(read(nested(4))).toEqual({ shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) });
    expect(read(nested(null))).toEqual({ shape: [2, 2], data: [1, 2, 3, null] });
    expect(read(nested('4'))).toEqual({ shape: [2, 2], data: [1, 2, 3, '4'] });
  });

  it('ignores unknown keys, and takes NaN by its bare name', () => {
    expect(
      decodeV2(
        post('{"more":1,"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[NaN,1]}]}'),
        floats,
      ).inputs.get('x')!.data,
    ).toEqual([Number.NaN, 1]);
  });

  it.each([
    ['malformed JSON', '{'],
    ['a body that is no object', '[]'],
    ['an empty body', ''],
    ['no inputs', {}],
    ['an input that is no object', { inputs: [1] }],
    ['an unknown input', input({ name: 'z' })],
    ['a wrong datatype', input({ datatype: 'FP64' })],
    ['a missing datatype', input({ datatype: undefined })],
    ['a shape that disagrees with the data', input({ shape: [1, 2] })],
    ['a shape that disagrees with the model', input({ shape: [4] })],
    ['a shape with a fraction', input({ shape: [1.5, 2] })],
    ['a negative shape', input({ shape: [-1, 2] })],
    ['a shape that is enormous', input({ shape: [4_294_967_296, 2] })],
    ['ragged rows', input({ data: [[1, 2], [3]] })],
    ['data that is no array', input({ data: 'abc' })],
    [
      'nesting beyond the rank',
      input({
        data: [
          [[1], 2],
          [3, 4],
        ],
        shape: [2, 3],
      }),
    ],
    ['an unknown output', { ...input({}), outputs: [{ name: 'z' }] }],
    ['an id that is no string', { ...input({}), id: 5 }],
    ['BF16', input({ datatype: 'BF16' })],
    ['parameters that are none', { ...input({}), parameters: [] }],
    ['a flag that is none', { ...input({}), parameters: { binary_data_output: 1 } }],
    ['a region of shared memory', input({ parameters: { shared_memory_region: 'r' } })],
    [
      'an output in shared memory',
      { ...input({}), outputs: [{ name: 'y', parameters: { shared_memory_region: 'r' } }] },
    ],
    ['an input given twice', { inputs: [...input({}).inputs, ...input({}).inputs] }],
  ])('refuses %s with a 400', (_, body) => {
    expect(status(() => decodeV2(post(body), floats))).toBe(400);
  });

  it('says why BF16 is refused', () => {
    expect(() => decodeV2(post(input({ datatype: 'BF16' })), floats)).toThrow(
      'has datatype BF16, the model takes FP32; BF16 is not supported, for ONNX Runtime',
    );
  });

  it('hands on the parameters of the request, and takes those it does not know on tensors', () => {
    const parameters = { priority: 1, headers: 'x' };
    const call = decodeV2(
      post({
        ...input({ parameters: { content_type: 'np' } }),
        parameters,
        outputs: [{ name: 'y', parameters: { x: 1 } }],
      }),
      floats,
    );
    expect(call.parameters).toEqual(parameters);
  });

  it('refuses BYTES with NUL in it, as JSON and as bytes', () => {
    const words = protocolModel([spec('s', 'string', [-1])]);
    const spec_ = words.signature.inputs[0]!;
    const json = post({ inputs: [{ name: 's', shape: [1], datatype: 'BYTES', data: ['a\0b'] }] });
    const head = '{"inputs":[{"name":"s","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":7}}]}';
    const binary = post(Buffer.concat([Buffer.from(head), Buffer.from([3, 0, 0, 0, 0x61, 0, 0x62])]), {
      'inference-header-content-length': String(head.length),
    });
    for (const request of [json, binary])
      expect(() => fillOpaque(spec_, decodeV2(request, words).inputs.get('s')!)).toThrow('Unicode text without NUL');
  });

  it('refuses a missing input by name', () => {
    expect(() => decodeV2(post({ inputs: [] }), floats)).toThrow('missing input x');
  });

  it('keeps every digit of 64-bit integers, however they are written, and refuses fractions where integers are wanted', () => {
    const ints = protocolModel([spec('n', 'int64', [-1])]);
    const body = (data: string) => post(`{"inputs":[{"name":"n","shape":[1],"datatype":"INT64","data":[${data}]}]}`);
    expect(decodeV2(body('9007199254740993'), ints).inputs.get('n')!.data).toEqual([9007199254740993n]);
    const fill = (data: string) =>
      fillOpaque(ints.signature.inputs[0]!, decodeV2(body(data), ints).inputs.get('n')!).data;
    expect(fill('-9223372036854775808')).toEqual(new BigInt64Array([-(2n ** 63n)]));
    for (const [text, value] of [
      ['1.0', 1n],
      ['1e0', 1n],
      ['9007199254740993.0', 9007199254740993n],
    ] as const)
      expect(fill(text), text).toEqual(new BigInt64Array([value]));
    for (const bad of [
      '1.5',
      '9007199254740993.5',
      '1e-400',
      '0.99999999999999999999',
      '9223372036854775808',
      '"1"',
      'true',
      'null',
      'NaN',
    ])
      expect(() => fill(bad)).toThrow('expected an integer');
  });

  it('refuses FP16 as JSON', () => {
    const half = protocolModel([spec('h', 'float16', [-1])]);
    expect(() => decodeV2(post({ inputs: [{ name: 'h', shape: [1], datatype: 'FP16', data: [1] }] }), half)).toThrow(
      'binary',
    );
  });
});

const answer = { model: 'm', version: 3, id: 'a"b', rows: 1 };

describe('v2 responses', () => {
  it('echo the id, name every output, and write NaN and infinities as null', () => {
    const call = decodeV2(post(input({})), floats);
    const response = call.encode({
      ...answer,
      outputs: { y: tensor('float32', [3], new Float32Array([0.9, Number.NaN, Number.POSITIVE_INFINITY])) },
    });
    expect(JSON.parse(response.body as string)).toEqual({
      model_name: 'm',
      model_version: '3',
      id: 'a"b',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [3], data: [0.9, null, null] }],
    });
  });

  it('write float32 so that it reads back to the very same float32', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), (values) => {
        const call = decodeV2(post(input({})), floats);
        const response = call.encode({
          ...answer,
          outputs: { y: tensor('float32', [values.length], new Float32Array(values)) },
        });
        const read = new Float32Array(JSON.parse(response.body as string).outputs[0].data);
        expect(Array.from(read, (x) => x + 0)).toEqual(values.map((x) => Math.fround(x) + 0));
      }),
    );
  });

  it('write 64-bit integers with all digits, booleans as words and strings as strings', () => {
    const all = protocolModel(
      [spec('x', 'float32', [-1, 2])],
      [spec('n', 'int64', [-1]), spec('b', 'bool', [-1]), spec('s', 'string', [-1])],
    );
    const text = decodeV2(post(input({})), all).encode({
      ...answer,
      outputs: {
        n: tensor('int64', [1], new BigInt64Array([9007199254740993n])),
        b: tensor('bool', [2], new Uint8Array([1, 0])),
        s: tensor('string', [1], ['a\n"']),
      },
    }).body as string;
    expect(text).toContain('"data":[9007199254740993]');
    expect(
      JSON.parse(text)
        .outputs.slice(1)
        .map((output: { data: unknown }) => output.data),
    ).toEqual([[true, false], ['a\n"']]);
  });

  it('say what is to be said about the answer in parameters', () => {
    const outputs = { y: tensor('float32', [1], new Float32Array([1])) };
    const response = decodeV2(post(input({})), floats).encode({ ...answer, outputs, parameters: { outlier: true } });
    expect(JSON.parse(response.body as string).parameters).toEqual({ outlier: true });
  });

  it('give only the outputs asked for, in that order', () => {
    const two = protocolModel([spec('x', 'float32', [-1, 2])], [spec('a', 'int32', [-1]), spec('b', 'int32', [-1])]);
    const call = decodeV2(post({ ...input({}), outputs: [{ name: 'b' }] }), two);
    expect(call.outputs).toEqual(['b']);
    const response = call.encode({
      ...answer,
      outputs: { a: tensor('int32', [1], new Int32Array([1])), b: tensor('int32', [1], new Int32Array([2])) },
    });
    expect(JSON.parse(response.body as string).outputs).toEqual([
      { name: 'b', datatype: 'INT32', shape: [1], data: [2] },
    ]);
  });
});

const DATATYPES: [TensorType, string, (bytes: Uint8Array) => ArrayLike<unknown>, number][] = [
  ['float32', 'FP32', (b) => new Float32Array(b.buffer), 4],
  ['float64', 'FP64', (b) => new Float64Array(b.buffer), 8],
  ['float16', 'FP16', (b) => new Uint16Array(b.buffer), 2],
  ['int64', 'INT64', (b) => new BigInt64Array(b.buffer), 8],
  ['uint64', 'UINT64', (b) => new BigUint64Array(b.buffer), 8],
  ['int16', 'INT16', (b) => new Int16Array(b.buffer), 2],
  ['uint32', 'UINT32', (b) => new Uint32Array(b.buffer), 4],
  ['bool', 'BOOL', (b) => b, 1],
];

describe('v2 binary tensors', () => {
  const framed = (head: object, ...blocks: Uint8Array[]) => {
    const json = Buffer.from(JSON.stringify(head));
    return post(Buffer.concat([json, ...blocks]), { 'inference-header-content-length': String(json.length) });
  };

  it.each(DATATYPES)('%s goes in bit by bit', (type, datatype, view, width) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 5 * width }), (some) => {
        const bytes = some.slice(0, some.length - (some.length % width));
        const request = framed(
          {
            inputs: [
              { name: 'x', shape: [bytes.length / width], datatype, parameters: { binary_data_size: bytes.length } },
            ],
          },
          bytes,
        );
        const { data } = decodeV2(request, protocolModel([spec('x', type, [-1])])).inputs.get('x')!;
        expect(data).toEqual(view(bytes));
      }),
    );
  });

  it('gives binary outputs where they are asked for; the value of an output wins over the request', () => {
    const two = protocolModel([spec('x', 'float32', [-1, 2])], [spec('a', 'float32', [-1]), spec('s', 'string', [-1])]);
    const call = decodeV2(
      post({
        ...input({}),
        parameters: { binary_data_output: true },
        outputs: [{ name: 'a' }, { name: 's', parameters: { binary_data: false } }],
      }),
      two,
    );
    const response = call.encode({
      ...answer,
      outputs: { a: tensor('float32', [2], new Float32Array([1.5, Number.NaN])), s: tensor('string', [1], ['é']) },
    });
    const length = Number(response.headers['inference-header-content-length']);
    const body = response.body as Uint8Array;
    expect(JSON.parse(new TextDecoder().decode(body.subarray(0, length))).outputs).toEqual([
      { name: 'a', datatype: 'FP32', shape: [2], parameters: { binary_data_size: 8 } },
      { name: 's', datatype: 'BYTES', shape: [1], data: ['é'] },
    ]);
    expect(new Float32Array(body.slice(length).buffer)).toEqual(new Float32Array([1.5, Number.NaN]));
  });

  it('carries strings both ways, empty ones and byte order marks included', () => {
    const strings = ['', 'é', '\ufeffx', '漢字'];
    const echo = protocolModel([spec('s', 'string', [-1])], [spec('t', 'string', [-1])]);
    const asked = decodeV2(
      post({
        inputs: [{ name: 's', shape: [1], datatype: 'BYTES', data: ['a'] }],
        parameters: { binary_data_output: true },
      }),
      echo,
    );
    const body = asked.encode({ ...answer, outputs: { t: tensor('string', [4], strings) } });
    const block = (body.body as Uint8Array).subarray(Number(body.headers['inference-header-content-length']));
    const back = decodeV2(
      framed(
        { inputs: [{ name: 's', shape: [4], datatype: 'BYTES', parameters: { binary_data_size: block.length } }] },
        block,
      ),
      echo,
    );
    expect(back.inputs.get('s')!.data).toEqual(strings);
  });

  it('takes a raw request: the whole body is the single input, batch 1', () => {
    const bytes = new Uint8Array(new Float32Array([1, 2]).buffer);
    const call = decodeV2(post(bytes, { 'inference-header-content-length': '0' }), floats);
    expect(call.inputs.get('x')).toEqual({ shape: [1, 2], data: new Float32Array([1, 2]) });
    expect(
      call.encode({ ...answer, outputs: { y: tensor('float32', [1], new Float32Array([1])) } }).body,
    ).toBeInstanceOf(Uint8Array);
  });

  it.each([
    ['too few bytes', { binary_data_size: 16 }, 8],
    ['bytes left over', { binary_data_size: 16 }, 20],
    ['a size that disagrees with the shape', { binary_data_size: 12 }, 12],
    ['a size that is no number', { binary_data_size: 'a' }, 16],
  ])('refuses %s', (_, parameters, sent) => {
    expect(status(() => decodeV2(framed(input({ data: undefined, parameters }), new Uint8Array(sent)), floats))).toBe(
      400,
    );
  });

  it('refuses a header that is no length of the body', () => {
    for (const length of ['-1', '1e3', '999999', 'x'])
      expect(status(() => decodeV2(post(input({}), { 'inference-header-content-length': length }), floats))).toBe(400);
  });
});
