import { InputError } from '../../core/contract/input-error.ts';
import type { Contents } from './messages.ts';

interface Numbers {
  readonly field: Exclude<keyof Contents, 'bytes_contents'>;
  readonly width: number;
  readonly put: (view: DataView, at: number, value: never) => void;
  readonly get: (view: DataView, at: number) => number | string | boolean;
  /** Range of the datatype; absent where the field cannot hold other values. */
  readonly range?: readonly [number, number];
}

/** For each datatype: its layout in bytes (little-endian), and the field of the typed contents that holds it. */
const NUMBERS: Readonly<Record<string, Numbers>> = {
  BOOL: {
    field: 'bool_contents',
    width: 1,
    put: (v, at, value: boolean) => v.setUint8(at, value ? 1 : 0),
    get: (v, at) => v.getUint8(at) !== 0,
  },
  INT8: {
    field: 'int_contents',
    width: 1,
    put: (v, at, value: number) => v.setInt8(at, value),
    get: (v, at) => v.getInt8(at),
    range: [-(2 ** 7), 2 ** 7 - 1],
  },
  INT16: {
    field: 'int_contents',
    width: 2,
    put: (v, at, value: number) => v.setInt16(at, value, true),
    get: (v, at) => v.getInt16(at, true),
    range: [-(2 ** 15), 2 ** 15 - 1],
  },
  INT32: {
    field: 'int_contents',
    width: 4,
    put: (v, at, value: number) => v.setInt32(at, value, true),
    get: (v, at) => v.getInt32(at, true),
  },
  INT64: {
    field: 'int64_contents',
    width: 8,
    put: (v, at, value: string) => v.setBigInt64(at, BigInt(value), true),
    get: (v, at) => v.getBigInt64(at, true).toString(),
  },
  UINT8: {
    field: 'uint_contents',
    width: 1,
    put: (v, at, value: number) => v.setUint8(at, value),
    get: (v, at) => v.getUint8(at),
    range: [0, 2 ** 8 - 1],
  },
  UINT16: {
    field: 'uint_contents',
    width: 2,
    put: (v, at, value: number) => v.setUint16(at, value, true),
    get: (v, at) => v.getUint16(at, true),
    range: [0, 2 ** 16 - 1],
  },
  UINT32: {
    field: 'uint_contents',
    width: 4,
    put: (v, at, value: number) => v.setUint32(at, value, true),
    get: (v, at) => v.getUint32(at, true),
  },
  UINT64: {
    field: 'uint64_contents',
    width: 8,
    put: (v, at, value: string) => v.setBigUint64(at, BigInt(value), true),
    get: (v, at) => v.getBigUint64(at, true).toString(),
  },
  FP32: {
    field: 'fp32_contents',
    width: 4,
    put: (v, at, value: number) => v.setFloat32(at, value, true),
    get: (v, at) => v.getFloat32(at, true),
  },
  FP64: {
    field: 'fp64_contents',
    width: 8,
    put: (v, at, value: number) => v.setFloat64(at, value, true),
    get: (v, at) => v.getFloat64(at, true),
  },
};

/**
 * Encodes the typed contents of a tensor as little-endian bytes.
 *
 * @throws InputError when a field of another datatype is filled, or a value is out of the datatype's range
 */
export function elementBytes(name: string, datatype: string, contents: Contents): Uint8Array {
  const numbers = NUMBERS[datatype];
  if (datatype !== 'BYTES' && numbers === undefined)
    throw new InputError(`input ${name}: ${datatype} has no typed contents, send it in raw_input_contents`);
  const field = numbers?.field ?? 'bytes_contents';
  for (const [other, values] of Object.entries(contents))
    if (other !== field && Array.isArray(values) && values.length > 0)
      throw new InputError(`input ${name}: ${other} is filled, ${datatype} belongs in ${field}`);
  if (numbers === undefined) return packed(contents.bytes_contents ?? []);
  const { width, put, range } = numbers;
  const values = (contents[numbers.field] ?? []) as readonly never[];
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (range !== undefined && (value < range[0] || value > range[1]))
      throw new InputError(`input ${name}: element ${i} is ${value}, ${datatype} takes ${range[0]} to ${range[1]}`);
    put(view, i * width, value);
  }
  return bytes;
}

/** Decodes the bytes of a tensor to typed contents; undefined for a datatype that has none (FP16). */
export function contentsOf(datatype: string, bytes: Uint8Array): Contents | undefined {
  if (datatype === 'BYTES') return { bytes_contents: unpacked(bytes) };
  const numbers = NUMBERS[datatype];
  if (numbers === undefined) return undefined;
  const { field, width, get } = numbers;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { [field]: Array.from({ length: bytes.length / width }, (_, i) => get(view, i * width)) };
}

function packed(elements: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(elements.reduce((sum, element) => sum + 4 + element.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const element of elements) {
    view.setUint32(at, element.length, true);
    bytes.set(element, at + 4);
    at += 4 + element.length;
  }
  return bytes;
}

function unpacked(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at, true);
    elements.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return elements;
}
