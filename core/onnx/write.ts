import { joined, written, writtenNumber } from './protobuf.ts';

/**
 * A writer of small ONNX files: for graphs that scripts put together, and for files that tests want to be wrong in one
 * certain way.
 */

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
  const values = ArrayBuffer.isView(data) ? [written(9, bytesOf(data))] : data.map((text) => written(6, text));
  return joined([
    ...dims.map((size) => writtenNumber(1, size)),
    writtenNumber(2, ELEMENT[element]),
    written(8, name),
    ...values,
  ]);
}

export const floats = (name: string, dims: readonly number[], values: readonly number[]): Uint8Array =>
  tensor(name, 'float32', dims, Float32Array.from(values));

export const integers = (name: string, dims: readonly number[], values: readonly number[]): Uint8Array =>
  tensor(name, 'int64', dims, BigInt64Array.from(values.map(BigInt)));

/** A TensorProto whose data lies in another file. */
export const externalTensor = (
  name: string,
  element: Element,
  dims: readonly number[],
  entries: Readonly<Record<string, string>>,
): Uint8Array =>
  joined([
    ...dims.map((size) => writtenNumber(1, size)),
    writtenNumber(2, ELEMENT[element]),
    written(8, name),
    ...Object.entries(entries).map(([key, value]) => written(13, joined([written(1, key), written(2, value)]))),
    writtenNumber(14, 1),
  ]);

/** An attribute: an integer, integers, a text, or bytes of a TensorProto or GraphProto. */
export type AttributeValue = number | readonly number[] | string | { tensor: Uint8Array } | { graph: Uint8Array };

function attribute(name: string, value: AttributeValue): Uint8Array {
  const head = written(1, name);
  if (typeof value === 'number') return joined([head, writtenNumber(3, value), writtenNumber(20, 2)]);
  if (typeof value === 'string') return joined([head, written(4, value), writtenNumber(20, 3)]);
  if ('tensor' in value) return joined([head, written(5, value.tensor), writtenNumber(20, 4)]);
  if ('graph' in value) return joined([head, written(6, value.graph), writtenNumber(20, 5)]);
  return joined([head, ...value.map((each) => writtenNumber(8, each)), writtenNumber(20, 7)]);
}

/** A NodeProto. */
export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  domain = '',
): Uint8Array {
  return joined([
    ...inputs.map((name) => written(1, name)),
    ...outputs.map((name) => written(2, name)),
    written(4, operator),
    ...Object.entries(attributes).map(([name, value]) => written(5, attribute(name, value))),
    ...(domain === '' ? [] : [written(7, domain)]),
  ]);
}

/** A ValueInfoProto of a tensor. */
export function value(name: string, element: Element, shape: readonly Dimension[]): Uint8Array {
  const dims = shape.map((size) => written(1, typeof size === 'number' ? writtenNumber(1, size) : written(2, size)));
  const type = written(1, joined([writtenNumber(1, ELEMENT[element]), written(2, joined(dims))]));
  return joined([written(1, name), written(2, type)]);
}

export interface GraphParts {
  readonly nodes: readonly Uint8Array[];
  readonly constants?: readonly Uint8Array[];
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

/** A GraphProto. */
export const graph = (name: string, { nodes, constants = [], inputs, outputs }: GraphParts): Uint8Array =>
  joined([
    ...nodes.map((bytes) => written(1, bytes)),
    written(2, name),
    ...constants.map((bytes) => written(5, bytes)),
    ...inputs.map((bytes) => written(11, bytes)),
    ...outputs.map((bytes) => written(12, bytes)),
  ]);

export interface ModelFrame {
  /** @default 8 */
  readonly irVersion?: number;
  /** Domain -> version. @default {'': 17} */
  readonly opsets?: Readonly<Record<string, number>>;
}

/** A ModelProto around a graph. */
export const model = (graph: Uint8Array, { irVersion = 8, opsets = { '': 17 } }: ModelFrame = {}): Uint8Array =>
  joined([
    writtenNumber(1, irVersion),
    written(7, graph),
    ...Object.entries(opsets).map(([domain, version]) =>
      written(8, joined([...(domain === '' ? [] : [written(1, domain)]), writtenNumber(2, version)])),
    ),
  ]);
