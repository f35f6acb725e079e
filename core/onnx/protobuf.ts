/**
 * Protocol buffers as far as ONNX files need them: fields one after the other, each with its number and its bytes or
 * value. https://protobuf.dev/programming-guides/encoding
 */

/** Bytes that are no message; a damaged or cut file. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** One field: `bytes` of a string, a message or packed values; `value` of a varint; four or eight bytes of a number. */
export interface ProtobufField {
  readonly number: number;
  readonly wire: 0 | 1 | 2 | 5;
  /** The payload; empty for a varint. */
  readonly bytes: Uint8Array;
  /** The value of a varint, as a signed 64-bit integer. */
  readonly value: bigint;
}

const NOTHING = new Uint8Array(0);

/** The fields of a message, in order. @throws ProtobufError */
export function* protobufFields(message: Uint8Array): Generator<ProtobufField> {
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const tag = Number(varint(message, cursor));
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === 0) yield { number, wire, bytes: NOTHING, value: BigInt.asIntN(64, varint(message, cursor)) };
    else if (wire === 1 || wire === 2 || wire === 5) {
      const length = wire === 2 ? Number(varint(message, cursor)) : FIXED_BYTES[wire];
      if (length > message.length - cursor.at)
        throw new ProtobufError(`field ${number} has ${length} bytes, ${message.length - cursor.at} are left`);
      yield { number, wire, bytes: message.subarray(cursor.at, cursor.at + length), value: 0n };
      cursor.at += length;
    } else throw new ProtobufError(`field ${number} has wire type ${wire}, expected 0, 1, 2 or 5`);
  }
}

/** Bytes of the wire types whose length is fixed. */
const FIXED_BYTES = { 1: 8, 5: 4 } as const;

function varint(message: Uint8Array, cursor: { at: number }): bigint {
  let low = 0;
  let big = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = message[cursor.at++];
    if (byte === undefined) throw new ProtobufError('the message ends within a number');
    // Most numbers are small: those are read without a bigint.
    if (i < 4) low |= (byte & 0x7f) << (7 * i);
    else big |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return i < 4 ? BigInt(low) : big | BigInt(low);
  }
  throw new ProtobufError('a number has more than ten bytes');
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export const decodeText = (field: ProtobufField): string => decoder.decode(field.bytes);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Floats of a field that may be packed or one at a time. */
export function floatsOf(field: ProtobufField): number[] {
  const view = viewOf(field.bytes);
  return Array.from({ length: field.bytes.length >> 2 }, (_, i) => view.getFloat32(4 * i, true));
}

/** Doubles of a field that may be packed or one at a time. */
export function doublesOf(field: ProtobufField): number[] {
  const view = viewOf(field.bytes);
  return Array.from({ length: field.bytes.length >> 3 }, (_, i) => view.getFloat64(8 * i, true));
}

/** Integers of a field that may be packed or one at a time; those beyond 2^53 lose digits. */
export const integersOf = (field: ProtobufField): number[] => readIntegers(field, Number);

/** The same with all their digits. */
export const exactIntegersOf = (field: ProtobufField): bigint[] => readIntegers(field, (value) => value);

function readIntegers<T>({ wire, value, bytes }: ProtobufField, read: (value: bigint) => T): T[] {
  if (wire === 0) return [read(value)];
  const values: T[] = [];
  const cursor = { at: 0 };
  while (cursor.at < bytes.length) values.push(read(BigInt.asIntN(64, varint(bytes, cursor))));
  return values;
}

/** A field of bytes, as it is written into a message. */
export function encodeField(number: number, payload: Uint8Array | string): Uint8Array {
  const bytes = typeof payload === 'string' ? encoder.encode(payload) : payload;
  return concatBytes([varintBytes(number * 8 + 2), varintBytes(bytes.length), bytes]);
}

/** A varint field, as it is written into a message. */
export const encodeVarintField = (number: number, value: number): Uint8Array =>
  concatBytes([varintBytes(number * 8), varintBytes(value)]);

/** A field as it was read. */
export function encodeAgain({ number, wire, bytes, value }: ProtobufField): Uint8Array {
  if (wire === 2) return encodeField(number, bytes);
  return concatBytes([varintBytes(number * 8 + wire), wire === 0 ? wideVarint(BigInt.asUintN(64, value)) : bytes]);
}

function wideVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
