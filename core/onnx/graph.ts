import {
  decodeText,
  doublesOf,
  exactIntegersOf,
  floatsOf,
  integersOf,
  type ProtobufField,
  protobufFields,
} from './protobuf.ts';

/**
 * The parts of an ONNX file that explanations read: nodes, constants, names. Field numbers are those of onnx.proto3
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). What is not read is kept as bytes, so that a part of a
 * graph can be written out again as it was.
 */

/** A constant of the graph. */
export interface ConstantTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** Row-major; undefined when they are strings, of a type that is not read, or beside the file. Read when asked for. */
  values(): readonly number[] | undefined;
  /** Row-major, with all digits; undefined when they are not of int64, or beside the file. Read when asked for. */
  integers(): readonly bigint[] | undefined;
  /** Row-major; undefined when they are no strings, or beside the file. Read when asked for. */
  texts(): readonly string[] | undefined;
}

export interface Attribute {
  readonly name: string;
  readonly float: number;
  readonly int: number;
  readonly text: string;
  readonly floats: readonly number[];
  /** Those beyond 2^53 lose digits. */
  readonly ints: readonly number[];
  /** The same with all digits. Read when asked for. */
  integers(): readonly bigint[];
  readonly texts: readonly string[];
  readonly tensor: ConstantTensor | undefined;
}

export interface GraphNode {
  readonly op: string;
  /** '' and 'ai.onnx' are the standard operators, 'ai.onnx.ml' the traditional models. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly bytes: Uint8Array;
}

/** Something named in a graph, as the bytes of its message. */
export interface Named {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface OnnxGraph {
  /** In an order in which they can be run. */
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, ConstantTensor & Named>;
  readonly inputs: readonly Named[];
  readonly outputs: readonly Named[];
  /** Fields of the model beside the graph: versions, operator sets. */
  readonly frame: readonly ProtobufField[];
}

/** Reads a graph. @throws ProtobufError */
export function readGraph(file: Uint8Array): OnnxGraph {
  const frame: ProtobufField[] = [];
  let graph: Uint8Array = new Uint8Array(0);
  for (const field of protobufFields(file)) {
    if (field.number === 7) graph = field.bytes;
    // ir_version, and opset_import: what the operators mean.
    else if (field.number === 1 || field.number === 8) frame.push(field);
  }
  const nodes: GraphNode[] = [];
  const constants = new Map<string, ConstantTensor & Named>();
  const inputs: Named[] = [];
  const outputs: Named[] = [];
  for (const field of protobufFields(graph)) {
    const { bytes } = field;
    if (field.number === 1) nodes.push(readNode(bytes));
    else if (field.number === 5) {
      const tensor = readTensor(bytes);
      constants.set(tensor.name, { ...tensor, bytes });
    } else if (field.number === 11) inputs.push({ name: firstText(bytes), bytes });
    else if (field.number === 12) outputs.push({ name: firstText(bytes), bytes });
  }
  return { nodes, constants, inputs, outputs, frame };
}

/** The name of a ValueInfoProto. */
function firstText(message: Uint8Array): string {
  for (const field of protobufFields(message)) if (field.number === 1) return decodeText(field);
  return '';
}

/** Attributes are read when they are asked for: those of a large forest are most of its file. */
export function readNode(bytes: Uint8Array): GraphNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  let attributes: ReadonlyMap<string, Attribute> | undefined;
  let op = '';
  let domain = '';
  for (const field of protobufFields(bytes)) {
    if (field.number === 1) inputs.push(decodeText(field));
    else if (field.number === 2) outputs.push(decodeText(field));
    else if (field.number === 4) op = decodeText(field);
    else if (field.number === 7) domain = decodeText(field);
  }
  return {
    op,
    domain: domain === 'ai.onnx' ? '' : domain,
    inputs,
    outputs,
    bytes,
    get attributes() {
      attributes ??= readAttributes(bytes);
      return attributes;
    },
  };
}

function readAttributes(node: Uint8Array): Map<string, Attribute> {
  const attributes = new Map<string, Attribute>();
  for (const field of protobufFields(node)) {
    if (field.number !== 5) continue;
    const attribute = readAttribute(field.bytes);
    attributes.set(attribute.name, attribute);
  }
  return attributes;
}

/** One attribute of a node, without the others being read. */
export function attributeOf({ bytes }: GraphNode, name: string): Attribute | undefined {
  for (const field of protobufFields(bytes))
    if (field.number === 5 && firstText(field.bytes) === name) return readAttribute(field.bytes);
  return undefined;
}

export function readAttribute(bytes: Uint8Array): Attribute {
  const found = { name: '', float: 0, int: 0, text: '', tensor: undefined as ConstantTensor | undefined };
  const floats: number[][] = [];
  const ints: number[][] = [];
  const integers: ProtobufField[] = [];
  const texts: string[] = [];
  for (const field of protobufFields(bytes)) {
    switch (field.number) {
      case 1:
        found.name = decodeText(field);
        break;
      case 2:
        found.float = floatsOf(field)[0] ?? 0;
        break;
      case 3:
        found.int = Number(field.value);
        break;
      case 4:
        found.text = decodeText(field);
        break;
      case 5:
        found.tensor = readTensor(field.bytes);
        break;
      case 7:
        floats.push(floatsOf(field));
        break;
      case 8:
        ints.push(integersOf(field));
        integers.push(field);
        break;
      case 9:
        texts.push(decodeText(field));
    }
  }
  return {
    ...found,
    floats: floats.flat(),
    ints: ints.flat(),
    integers: () => integers.flatMap(exactIntegersOf),
    texts,
  };
}

/** Element types of TensorProto that are read from raw bytes: size, and how. */
const RAW: Readonly<Record<number, readonly [number, (view: DataView, at: number) => number]>> = {
  1: [4, (view, at) => view.getFloat32(at, true)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [1, (view, at) => view.getInt8(at)],
  4: [2, (view, at) => view.getUint16(at, true)],
  5: [2, (view, at) => view.getInt16(at, true)],
  6: [4, (view, at) => view.getInt32(at, true)],
  7: [8, (view, at) => Number(view.getBigInt64(at, true))],
  9: [1, (view, at) => view.getUint8(at)],
  11: [8, (view, at) => view.getFloat64(at, true)],
};

function readTensor(bytes: Uint8Array): ConstantTensor {
  const dims: number[] = [];
  let name = '';
  for (const field of protobufFields(bytes)) {
    if (field.number === 1) dims.push(...integersOf(field));
    else if (field.number === 8) name = decodeText(field);
  }
  return {
    name,
    dims,
    values: () => readValues(bytes),
    integers: () => readIntegers(bytes),
    texts: () => readTexts(bytes),
  };
}

function readTexts(tensor: Uint8Array): readonly string[] | undefined {
  const texts: string[] = [];
  let strings = false;
  for (const field of protobufFields(tensor)) {
    if (field.number === 2) strings = field.value === 8n;
    else if (field.number === 6) texts.push(decodeText(field));
    else if (field.number === 14 && field.value === 1n) return undefined;
  }
  return strings ? texts : undefined;
}

/** TensorProto's number for int64. */
const INT64 = 7n;

function readIntegers(tensor: Uint8Array): readonly bigint[] | undefined {
  const parts: bigint[][] = [];
  let own = false;
  for (const field of protobufFields(tensor)) {
    if (field.number === 2) own = field.value === INT64;
    else if (field.number === 7) parts.push(exactIntegersOf(field));
    else if (field.number === 9) {
      const view = new DataView(field.bytes.buffer, field.bytes.byteOffset, field.bytes.byteLength);
      parts.push(Array.from({ length: field.bytes.length >> 3 }, (_, i) => view.getBigInt64(8 * i, true)));
    } else if (field.number === 14 && field.value === 1n) return undefined;
  }
  return own ? parts.flat() : undefined;
}

function readValues(tensor: Uint8Array): readonly number[] | undefined {
  let type = 0;
  let raw: Uint8Array | undefined;
  let external = false;
  const parts: number[][] = [];
  for (const field of protobufFields(tensor)) {
    if (field.number === 2) type = Number(field.value);
    else if (field.number === 4) parts.push(floatsOf(field));
    else if (field.number === 5 || field.number === 7) parts.push(integersOf(field));
    else if (field.number === 9) raw = field.bytes;
    else if (field.number === 10) parts.push(doublesOf(field));
    else if (field.number === 14) external = field.value === 1n;
  }
  const reader = RAW[type];
  if (external || reader === undefined) return undefined;
  if (raw === undefined) return parts.flat();
  const [size, read] = reader;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: Math.floor(raw.length / size) }, (_, i) => read(view, i * size));
}
