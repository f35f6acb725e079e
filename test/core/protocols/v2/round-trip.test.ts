import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate } from '../../../../core/contract/elements.ts';
import { fillOpaque } from '../../../../core/contract/opaque.ts';
import { TENSOR_TYPES, type TensorType } from '../../../../core/model/signature.ts';
import type { TensorData, TensorValues } from '../../../../core/model/tensor.ts';
import { encodeV2 } from '../../../../core/protocols/v2/answer.ts';
import { decodeV2 } from '../../../../core/protocols/v2/infer.ts';
import { post, protocolModel, spec } from '../protocol-models.ts';

/** Any element of a type, as its tensor holds it. */
const element = (type: TensorType): fc.Arbitrary<number | bigint | string> => {
  switch (type) {
    case 'float32':
      return fc.float();
    case 'float64':
      return fc.double();
    case 'float16':
    case 'uint16':
      return fc.integer({ min: 0, max: 0xffff });
    case 'int8':
      return fc.integer({ min: -0x80, max: 0x7f });
    case 'int16':
      return fc.integer({ min: -0x8000, max: 0x7fff });
    case 'int32':
      return fc.integer();
    case 'uint8':
      return fc.integer({ min: 0, max: 0xff });
    case 'uint32':
      return fc.integer({ min: 0, max: 0xffff_ffff });
    case 'int64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case 'uint64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case 'bool':
      return fc.integer({ min: 0, max: 1 });
    case 'string':
      return fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
  }
};

/** Any tensor of a type, of up to four axes, empty ones included. */
const tensors = (type: TensorType): fc.Arbitrary<TensorData> =>
  fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }).chain((shape) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return fc.array(element(type), { minLength: length, maxLength: length }).map((elements) => {
      const data = allocate(type, length);
      elements.forEach((value, i) => {
        data[i] = value;
      });
      return { type, shape, data };
    });
  });

/** Sends a tensor out as an answer, and what came of it in again as a request. */
function there(sent: TensorData, form: 'binary' | 'flat' | 'nested'): TensorData {
  const { headers, body } = encodeV2({ model: 'm', version: 1, id: 'i', rows: 1, outputs: { x: sent } }, [
    { name: 'x', binary: form === 'binary' },
  ]);
  const bytes = Buffer.from(body as Uint8Array);
  const length = Number(headers['inference-header-content-length'] ?? bytes.length);
  let text = bytes.toString('utf8', 0, length).replace('"outputs":', '"inputs":');
  if (form === 'nested')
    text = text.replace(/"data":(\[.*\])\}\]\}$/s, (_, flat) => `"data":${nested(flat, sent.shape)}}]}`);
  const head = Buffer.from(text);
  const request =
    form === 'binary'
      ? post(Buffer.concat([head, bytes.subarray(length)]), { 'inference-header-content-length': String(head.length) })
      : post(head);
  const model = protocolModel([
    spec(
      'x',
      sent.type,
      sent.shape.map(() => -1),
    ),
  ]);
  return fillOpaque(model.signature.inputs[0]!, decodeV2(request, model).inputs.get('x')!);
}

/** A flat JSON array of numbers, booleans or strings, its elements' text untouched, as nested arrays. */
function nested(flat: string, shape: readonly number[]): string {
  const elements = flat.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? [];
  let at = 0;
  const level = (axis: number): string =>
    axis === shape.length
      ? elements[at++]!
      : `[${Array.from({ length: shape[axis]! }, () => level(axis + 1)).join(',')}]`;
  return shape.length === 0 ? flat : level(0);
}

const equal = (a: unknown, b: unknown): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

describe('A tensor that goes out and comes in again', () => {
  it.each(TENSOR_TYPES)('as bytes is the same, bit by bit: %s', (type) => {
    fc.assert(
      fc.property(tensors(type), (sent) => {
        const back = there(sent, 'binary');
        expect(back.type).toBe(type);
        expect(back.shape).toEqual(sent.shape);
        if (type === 'string') expect(back.data).toEqual(sent.data);
        else expect(bytesOf(back.data)).toEqual(bytesOf(sent.data));
      }),
    );
  });

  it.each(TENSOR_TYPES.filter((type) => type !== 'float16'))(
    'as JSON, flat or nested, is the same but for what JSON cannot say: %s',
    (type) => {
      fc.assert(
        fc.property(tensors(type), fc.constantFrom('flat' as const, 'nested' as const), (sent, form) => {
          const back = there(sent, form);
          expect(back.shape).toEqual(sent.shape);
          expect(back.data.length).toBe(sent.data.length);
          for (let i = 0; i < sent.data.length; i++) {
            const value = sent.data[i];
            const expected = typeof value === 'number' && !Number.isFinite(value) ? Number.NaN : value;
            expect(equal(back.data[i], expected), `${String(back.data[i])} for ${String(expected)}`).toBe(true);
          }
        }),
      );
    },
  );

  it('as JSON of float16 goes out as numbers, and is refused on the way in', () => {
    const half = { type: 'float16' as const, shape: [2], data: new Uint16Array([0x3c00, 0xc000]) };
    const { body } = encodeV2({ model: 'm', version: 1, id: 'i', rows: 1, outputs: { x: half } }, [
      { name: 'x', binary: false },
    ]);
    expect(JSON.parse(body as string).outputs[0].data).toEqual([1, -2]);
    expect(() => there(half, 'flat')).toThrow('send it as binary data');
  });
});

const bytesOf = (values: TensorValues): Uint8Array => {
  const { buffer, byteOffset, byteLength } = values as Exclude<TensorValues, string[]>;
  return new Uint8Array(buffer, byteOffset, byteLength);
};
