import { decodeText, integersOf, ProtobufError, type ProtobufField, protobufFields } from './protobuf.ts';
import { walk } from './walk.ts';

/**
 * What an ONNX file says of itself before any runtime opens it: versions, operators, what it takes and gives, and
 * which other files it wants read. Field numbers are those of onnx.proto3
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */

/** One input or output as the file declares it. */
export interface DeclaredValue {
  readonly name: string;
  /** `tensor`, or what it is instead: `sequence of maps`, `map`, `optional`, `sparse tensor`, `unknown`. */
  readonly kind: string;
  /** Element type of a tensor by its ONNX name (`bfloat16`, `int4`); '' for what is none. */
  readonly element: string;
  /** -1 for what is free; undefined when the file does not say. */
  readonly shape: readonly number[] | undefined;
}

/** A constant that is kept in another file. */
export interface ExternalTensor {
  readonly tensor: string;
  /** Path of the file, as the model names it. */
  readonly location: string;
  /** Bytes. */
  readonly offset: number;
  /** Bytes; undefined: to the end of the file. */
  readonly length: number | undefined;
}

export interface Inspection {
  readonly irVersion: number;
  /** Domain -> version; '' is the standard one. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Domain -> the operators used of it that the file does not define itself. */
  readonly operators: ReadonlyMap<string, ReadonlySet<string>>;
  /** Element types of the constants, by their ONNX names. */
  readonly elements: ReadonlySet<string>;
  /** What callers must send: constants that older files list among the inputs are left out. */
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
  readonly external: readonly ExternalTensor[];
}

/** Element types of TensorProto.DataType, by number. */
export const ELEMENTS = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
];

/**
 * Reads a model file as far as it says what it needs. Nothing of its weights is looked at.
 *
 * @throws ProtobufError when it is no ONNX file
 */
export function inspectModel(file: Uint8Array): Inspection {
  const opsets = new Map<string, number>();
  const operators = new Map<string, Set<string>>();
  const own: { domain: string; name: string }[] = [];
  const elements = new Set<string>();
  const external: ExternalTensor[] = [];
  walk(file, 'model', (kind, message) => {
    if (kind === 'node') {
      const { domain, name } = namesOf(message, 4, 7);
      const known = operators.get(domain);
      if (known === undefined) operators.set(domain, new Set([name]));
      else known.add(name);
    } else if (kind === 'function') own.push(namesOf(message, 1, 10));
    else if (kind === 'tensor') {
      elements.add(elementOf(message));
      const found = externalOf(message);
      if (found !== undefined) external.push(found);
    }
  });
  for (const { domain, name } of own) {
    operators.get(domain)?.delete(name);
    if (operators.get(domain)?.size === 0) operators.delete(domain);
  }
  const inputs: DeclaredValue[] = [];
  const outputs: DeclaredValue[] = [];
  const constants = new Set<string>();
  let irVersion = 0;
  let graphs = 0;
  for (const { number, value, bytes } of protobufFields(file)) {
    if (number === 1) irVersion = Number(value);
    else if (number === 8) addOpset(opsets, bytes);
    if (number !== 7) continue;
    graphs++;
    for (const part of protobufFields(bytes)) {
      if (part.number === 5) constants.add(nameOf(part.bytes, 8));
      else if (part.number === 11) inputs.push(readValue(part.bytes));
      else if (part.number === 12) outputs.push(readValue(part.bytes));
    }
  }
  if (graphs === 0) throw new ProtobufError('there is no graph in it');
  return {
    irVersion,
    opsets,
    operators,
    elements,
    inputs: inputs.filter(({ name }) => !constants.has(name)),
    outputs,
    external,
  };
}

/**
 * Whether a constant may be kept in another file, by any part of a model's file: every external tensor names its file
 * under this key.
 */
export const mayReadOtherFiles = (part: Uint8Array): boolean =>
  Buffer.from(part.buffer, part.byteOffset, part.byteLength).includes('location');

/** Whether any constant is kept in another file. @throws ProtobufError */
export const readsOtherFiles = (file: Uint8Array): boolean => inspectModel(file).external.length > 0;

const domainOf = (text: string): string => (text === 'ai.onnx' ? '' : text);

function addOpset(opsets: Map<string, number>, message: Uint8Array): void {
  let domain = '';
  let version = 0;
  for (const field of protobufFields(message)) {
    if (field.number === 1) domain = domainOf(decodeText(field));
    else if (field.number === 2) version = Number(field.value);
  }
  opsets.set(domain, version);
}

/** Name and domain of a node's operator or of a function. */
function namesOf(message: Uint8Array, nameAt: number, domainAt: number): { domain: string; name: string } {
  const names = { domain: '', name: '' };
  for (const field of protobufFields(message)) {
    if (field.number === nameAt) names.name = decodeText(field);
    else if (field.number === domainAt) names.domain = domainOf(decodeText(field));
  }
  return names;
}

function elementOf(tensor: Uint8Array): string {
  for (const { number, value } of protobufFields(tensor)) if (number === 2) return elementName(value);
  return 'undefined';
}

const elementName = (number: bigint): string => ELEMENTS[Number(number)] ?? `type ${number}`;

/** Where a TensorProto's data is, when any of its fields says that it is in another file. */
export function externalOf(tensor: Uint8Array): ExternalTensor | undefined {
  const entries = new Map<string, string>();
  let name = '';
  let external = false;
  for (const field of protobufFields(tensor)) {
    if (field.number === 8) name = decodeText(field);
    else if (field.number === 14) external = field.value === 1n;
    else if (field.number === 13) {
      external = true;
      const [key, value] = pairOf(field);
      entries.set(key, value);
    }
  }
  if (!external) return undefined;
  const length = entries.get('length');
  return {
    tensor: name,
    location: entries.get('location') ?? '',
    offset: bytesOf(entries.get('offset') ?? '0', name),
    length: length === undefined ? undefined : bytesOf(length, name),
  };
}

function pairOf({ bytes }: ProtobufField): [string, string] {
  let key = '';
  let value = '';
  for (const field of protobufFields(bytes)) {
    if (field.number === 1) key = decodeText(field);
    else if (field.number === 2) value = decodeText(field);
  }
  return [key, value];
}

function bytesOf(text: string, tensor: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new ProtobufError(`tensor ${tensor} lies at ${text}, expected a number of bytes`);
  return Number(text);
}

function nameOf(message: Uint8Array, number: number): string {
  for (const field of protobufFields(message)) if (field.number === number) return decodeText(field);
  return '';
}

/** Kinds of TypeProto by field number. */
const KINDS: Readonly<Record<number, string>> = {
  1: 'tensor',
  4: 'sequence',
  5: 'map',
  7: 'unknown',
  8: 'sparse tensor',
  9: 'optional',
};

function readValue(message: Uint8Array): DeclaredValue {
  const value = { name: '', kind: 'unknown', element: '', shape: undefined as number[] | undefined };
  for (const field of protobufFields(message)) {
    if (field.number === 1) value.name = decodeText(field);
    if (field.number !== 2) continue;
    for (const type of protobufFields(field.bytes)) {
      const kind = KINDS[type.number];
      if (kind === undefined) continue;
      value.kind = kind === 'sequence' ? `sequence of ${elementKind(type.bytes)}s` : kind;
      if (kind === 'tensor') Object.assign(value, readTensorType(type.bytes));
    }
  }
  return value;
}

/** What a sequence is of; its elem_type is a TypeProto, too. */
function elementKind(sequence: Uint8Array): string {
  for (const element of protobufFields(sequence))
    if (element.number === 1)
      for (const { number } of protobufFields(element.bytes)) if (KINDS[number] !== undefined) return KINDS[number];
  return 'value';
}

function readTensorType(message: Uint8Array): Pick<DeclaredValue, 'element' | 'shape'> {
  let element = 'undefined';
  let shape: number[] | undefined;
  for (const field of protobufFields(message)) {
    if (field.number === 1) element = elementName(field.value);
    else if (field.number === 2)
      shape = [...protobufFields(field.bytes)].filter(({ number }) => number === 1).map(sizeOf);
  }
  return { element, shape };
}

function sizeOf(dimension: ProtobufField): number {
  for (const field of protobufFields(dimension.bytes)) if (field.number === 1) return integersOf(field)[0] ?? -1;
  return -1;
}
