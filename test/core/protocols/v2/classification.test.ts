import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classified } from '../../../../core/protocols/v2/classification.ts';
import { decodeV2 } from '../../../../core/protocols/v2/infer.ts';
import { post, protocolModel, spec, tensor } from '../protocol-models.ts';

describe('classified', () => {
  it('gives the best classes of every row, with their labels', () => {
    const scores = tensor('float32', [2, 3], new Float32Array([0.1, 0.7, 0.2, 0.5, 0.25, 0.25]));
    expect(classified(scores, { count: 2, byRow: true, labels: ['no', 'yes'] })).toEqual({
      type: 'string',
      shape: [2, 2],
      data: ['0.7:1:yes', '0.2:2', '0.5:0:no', '0.25:1:yes'],
    });
  });

  it('counts further axes as classes, and an output without rows as one row', () => {
    const square = tensor('int32', [1, 2, 2], new Int32Array([4, 1, 3, 2]));
    expect(classified(square, { count: 9, byRow: true, labels: [] })).toMatchObject({
      shape: [1, 4],
      data: ['4:0', '3:2', '2:3', '1:1'],
    });
    expect(classified(tensor('int32', [3], new Int32Array([1, 3, 2])), { count: 1, byRow: false, labels: [] })).toEqual(
      {
        type: 'string',
        shape: [1],
        data: ['3:1'],
      },
    );
    expect(
      classified(tensor('float32', [0, 3], new Float32Array()), { count: 1, byRow: true, labels: [] }),
    ).toMatchObject({
      shape: [0, 0],
      data: [],
    });
  });

  it('puts what is no number last, and keeps every digit of 64-bit integers', () => {
    const floats = tensor('float64', [1, 4], new Float64Array([Number.NaN, 1, -Infinity, Infinity]));
    expect(classified(floats, { count: 4, byRow: true, labels: [] }).data).toEqual(['inf:3', '1:1', '-inf:2', 'nan:0']);
    const longs = tensor('int64', [1, 2], new BigInt64Array([9007199254740992n, 9007199254740993n]));
    expect(classified(longs, { count: 1, byRow: true, labels: [] }).data).toEqual(['9007199254740993:1']);
    // 0x3c00 is 1, 0x4000 is 2.
    const halves = tensor('float16', [1, 2], new Uint16Array([0x3c00, 0x4000]));
    expect(classified(halves, { count: 1, byRow: true, labels: [] }).data).toEqual(['2:1']);
  });

  it('sorts as a plain sort by value and index would', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 5 }),
        (values, count) => {
          const { data } = classified(tensor('int32', [1, values.length], new Int32Array(values)), {
            count,
            byRow: true,
            labels: [],
          });
          const all = values.map((value, index) => ({ value, index })).sort((a, b) => b.value - a.value);
          expect(data).toEqual(all.slice(0, count).map(({ value, index }) => `${value}:${index}`));
        },
      ),
    );
  });
});

describe('classification in a request', () => {
  const outputs = [spec('p', 'float32', [-1, 2]), spec('label', 'int64', [-1]), spec('word', 'string', [-1])];
  const model = { ...protocolModel([spec('x', 'float32', [-1, 1])], outputs), labels: new Map([['p', ['no', 'yes']]]) };
  const ask = (name: string, parameters: object) =>
    post({ inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [1] }], outputs: [{ name, parameters }] });
  const result = {
    model: 'm',
    version: 1,
    id: 'i',
    rows: 2,
    outputs: {
      p: tensor('float32', [2, 2], new Float32Array([0.25, 0.75, 0.5, 0.5])),
      label: tensor('int64', [2], new BigInt64Array([1n, 0n])),
    },
  };

  it('is answered in JSON as BYTES, and in binary where it is asked for, as the client of Triton does', () => {
    const response = decodeV2(ask('p', { classification: 1 }), model).encode(result);
    expect(JSON.parse(response.body as string).outputs).toEqual([
      { name: 'p', datatype: 'BYTES', shape: [2, 1], data: ['0.75:1:yes', '0.5:0:no'] },
    ]);
    const { headers, body } = decodeV2(ask('p', { classification: 1, binary_data: true }), model).encode(result);
    const bytes = Buffer.from((body as Uint8Array).subarray(Number(headers['inference-header-content-length'])));
    expect(bytes.readUInt32LE(0)).toBe('0.75:1:yes'.length);
    expect(bytes.toString('utf8', 4, 14)).toBe('0.75:1:yes');
  });

  it('has one class a row where an output is one value a row; 0 asks for the tensor itself', () => {
    expect(
      JSON.parse(decodeV2(ask('label', { classification: 3 }), model).encode(result).body as string).outputs[0],
    ).toMatchObject({
      shape: [2, 1],
      data: ['1:0', '0:0'],
    });
    expect(
      JSON.parse(decodeV2(ask('p', { classification: 0 }), model).encode(result).body as string).outputs[0].datatype,
    ).toBe('FP32');
  });

  it.each([
    ['p', -1],
    ['p', 1.5],
    ['p', '2'],
    ['p', true],
    ['word', 1],
  ])('of %s by %j is refused', (name, classification) => {
    expect(() => decodeV2(ask(name, { classification }), model)).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });
});
