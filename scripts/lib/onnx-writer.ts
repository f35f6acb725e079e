import { concatBytes, encodeField, encodeVarintField } from '../../core/onnx/protobuf.ts';

/** Writes parts of ONNX graphs: for graphs that scripts put together. Field numbers are those of onnx.proto. */

/** Numbers of TensorProto.DataType. */
export const ELEMENT = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
  int4: 22,
} as const;
export type Element = keyof typeof ELEMENT;

/** A dimension: a size, or the name of a free one. */
export type Dimension = number | string;

const bytesOf = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** A TensorProto. Numbers go in as they lie in memory, little-endian; strings as UTF-8. */
export function tensor(
  name: string,
  element: Element,
  dims: readonly number[],
  data: ArrayBufferView | readonly string[],
): Uint8Array {
  const values = ArrayBuffer.isView(data) ? [encodeField(9, bytesOf(data))] : data.map((text) => encodeField(6, text));
  return concatBytes([
    ...dims.map((size) => encodeVarintField(1, size)),
    encodeVarintField(2, ELEMENT[element]),
    encodeField(8, name),
    ...values,
  ]);
}

export const floats = (name: string, dims: readonly number[], values: readonly number[]): Uint8Array =>
  tensor(name, 'float32', dims, Float32Array.from(values));

export const integers = (name: string, dims: readonly number[], values: readonly number[]): Uint8Array =>
  tensor(name, 'int64', dims, BigInt64Array.from(values.map(BigInt)));

/** An attribute: an integer, integers, floats, a text, texts, or bytes of a TensorProto or GraphProto. */
export type AttributeValue =
  | number
  | readonly number[]
  | string
  | { readonly floats: readonly number[] }
  | { readonly texts: readonly string[] }
  | { tensor: Uint8Array }
  | { graph: Uint8Array };

function attribute(name: string, value: AttributeValue): Uint8Array {
  const head = encodeField(1, name);
  if (typeof value === 'number') return concatBytes([head, encodeVarintField(3, value), encodeVarintField(20, 2)]);
  if (typeof value === 'string') return concatBytes([head, encodeField(4, value), encodeVarintField(20, 3)]);
  if ('tensor' in value) return concatBytes([head, encodeField(5, value.tensor), encodeVarintField(20, 4)]);
  if ('floats' in value)
    return concatBytes([head, encodeField(7, bytesOf(Float32Array.from(value.floats))), encodeVarintField(20, 6)]);
  if ('texts' in value)
    return concatBytes([head, ...value.texts.map((text) => encodeField(9, text)), encodeVarintField(20, 8)]);
  if ('graph' in value) return concatBytes([head, encodeField(6, value.graph), encodeVarintField(20, 5)]);
  return concatBytes([head, ...value.map((each) => encodeVarintField(8, each)), encodeVarintField(20, 7)]);
}

/** An operator of another domain than ONNX's own. */
export interface ForeignOperator {
  readonly name: string;
  /** Such as `ai.onnx.ml`. */
  readonly domain: string;
}

/**
 * A NodeProto.
 *
 * @param operator an operator's name in ONNX's own domain, or one of another domain
 */
export function node(
  operator: string | ForeignOperator,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
): Uint8Array {
  const { name, domain } = typeof operator === 'string' ? { name: operator, domain: '' } : operator;
  return concatBytes([
    ...inputs.map((input) => encodeField(1, input)),
    ...outputs.map((output) => encodeField(2, output)),
    encodeField(4, name),
    ...Object.entries(attributes).map(([key, value]) => encodeField(5, attribute(key, value))),
    ...(domain === '' ? [] : [encodeField(7, domain)]),
  ]);
}

/** A ValueInfoProto of a tensor. */
export function value(name: string, element: Element, shape: readonly Dimension[]): Uint8Array {
  const dims = shape.map((size) =>
    encodeField(1, typeof size === 'number' ? encodeVarintField(1, size) : encodeField(2, size)),
  );
  const type = encodeField(1, concatBytes([encodeVarintField(1, ELEMENT[element]), encodeField(2, concatBytes(dims))]));
  return concatBytes([encodeField(1, name), encodeField(2, type)]);
}
