import { allocate } from '../../contract/elements.ts';
import { InputError } from '../../contract/input-error.ts';
import type { RawTensor } from '../../contract/raw-tensor.ts';
import type { ExternalTensorSpec } from '../../model/preprocess.ts';
import type { TensorSpec, TensorType } from '../../model/signature.ts';
import type { TensorData } from '../../model/tensor.ts';
import { elementsOf } from '../formats/tensors.ts';
import { ProtocolError } from '../protocol.ts';

/**
 * Binary tensor data: little-endian, row-major, unpadded; a BYTES element is its length (u32) and its bytes.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 */
export const JSON_LENGTH_HEADER = 'inference-header-content-length';

const WIDTHS: Readonly<Record<Exclude<TensorType, 'string'>, number>> = {
  bool: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  float16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  uint64: 8,
  int64: 8,
  float64: 8,
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Splits a body into its JSON and what follows. @throws ProtocolError 400 */
export function splitBody(body: Uint8Array | string, length: string): { head: Uint8Array; tail: BinarySection } {
  const bytes = bytesOf(body);
  if (!/^\d{1,9}$/.test(length) || Number(length) > bytes.length)
    throw new ProtocolError(
      400,
      `header ${JSON_LENGTH_HEADER} is ${length.slice(0, 20)}, expected 0 to ${bytes.length}, the length of the body`,
    );
  return { head: bytes.subarray(0, Number(length)), tail: new BinarySection(bytes.subarray(Number(length))) };
}

const bytesOf = (body: Uint8Array | string): Uint8Array =>
  typeof body === 'string' ? new TextEncoder().encode(body) : body;

/** The binary part of a body, handed out tensor by tensor. */
export class BinarySection {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** The next tensor. @throws InputError when the sizes do not agree */
  take(spec: TensorSpec, elements: number, size: unknown): ArrayLike<unknown> {
    const wanted = typeof size === 'bigint' ? Number(size) : size;
    if (typeof wanted !== 'number' || !Number.isInteger(wanted) || wanted < 0)
      throw new InputError(`input ${spec.name}: binary_data_size is not a number of bytes`);
    if (this.at + wanted > this.bytes.length)
      throw new InputError(
        `input ${spec.name}: binary_data_size is ${wanted}, but ${this.bytes.length - this.at} bytes are left`,
      );
    const block = this.bytes.subarray(this.at, this.at + wanted);
    this.at += wanted;
    return elementsFrom(spec, block, elements);
  }

  /** @throws InputError when there are bytes that no input has asked for */
  assertEnd(): void {
    if (this.at !== this.bytes.length)
      throw new InputError(`${this.bytes.length - this.at} bytes are left over after the last tensor`);
  }
}

/**
 * A raw request's tensor: batch 1, at most one further dimension is free and follows from the length. Of an input of
 * bytes, such as a picture's file, the body is the one element, with its length before it or without.
 */
export function decodeRaw(spec: ExternalTensorSpec, body: Uint8Array | string): RawTensor {
  const bytes = bytesOf(body);
  if (takesFiles(spec)) return { shape: [1], data: [base64Of(isFramed(bytes) ? bytes.subarray(4) : bytes)] };
  const [, ...inner] = spec.shape;
  const free = inner.filter((size) => size === -1).length;
  if (free > 1 || (free === 1 && spec.type === 'string'))
    throw new InputError(`input ${spec.name} has shape [${spec.shape}]: a raw request leaves its size open`);
  const fixed = inner.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const length = spec.type === 'string' ? fixed : bytes.length / WIDTHS[spec.type];
  const shape =
    spec.shape.length === 0 ? [] : [1, ...inner.map((size) => (size === -1 ? Math.floor(length / fixed) : size))];
  return { shape, data: elementsFrom(spec, bytes, elementsOf(spec.name, shape)) };
}

/** Whether an input's elements are whole files, such as pictures. */
export const takesFiles = (spec: ExternalTensorSpec): boolean => spec.bytes === true;

/** Whether an input's tensor may come as bytes alone. Text is text. */
export const takesBytes = (spec: ExternalTensorSpec): boolean => spec.type !== 'string' || takesFiles(spec);

/** Whether the bytes begin with their own number, as an element of BYTES does. */
const isFramed = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === bytes.length - 4;

function elementsFrom(spec: TensorSpec, block: Uint8Array, elements: number): ArrayLike<unknown> {
  if (spec.type === 'string') return stringsFrom(spec, block, elements);
  const size = elements * WIDTHS[spec.type];
  if (block.length !== size)
    throw new InputError(
      `input ${spec.name}: ${block.length} bytes, ${elements} elements of ${spec.type} take ${size}`,
    );
  const tensor = allocate(spec.type, elements) as Exclude<TensorData['data'], string[]>;
  // Copied, because a view must start at a multiple of its element's width; every platform in reach is little-endian.
  new Uint8Array(tensor.buffer, tensor.byteOffset, size).set(block);
  return tensor;
}

function stringsFrom(spec: ExternalTensorSpec, block: Uint8Array, elements: number): string[] {
  const strings: string[] = [];
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  let at = 0;
  while (at + 4 <= block.length) {
    const length = view.getUint32(at, true);
    if (at + 4 + length > block.length) break;
    const bytes = block.subarray(at + 4, at + 4 + length);
    try {
      strings.push(spec.bytes ? base64Of(bytes) : utf8.decode(bytes));
    } catch (cause) {
      throw new InputError(`input ${spec.name}: element ${strings.length} is not UTF-8`, { cause });
    }
    at += 4 + length;
  }
  if (at !== block.length || strings.length !== elements)
    throw new InputError(
      `input ${spec.name}: ${block.length} bytes hold ${strings.length} whole strings, expected ${elements}`,
    );
  return strings;
}

const base64Of = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** A tensor's bytes. */
export function encodeBinary(tensor: TensorData): Uint8Array {
  const { data } = tensor;
  if (!Array.isArray(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const encoded = data.map((text) => new TextEncoder().encode(text));
  const block = new Uint8Array(encoded.reduce((sum, bytes) => sum + 4 + bytes.length, 0));
  const view = new DataView(block.buffer);
  let at = 0;
  for (const bytes of encoded) {
    view.setUint32(at, bytes.length, true);
    block.set(bytes, at + 4);
    at += 4 + bytes.length;
  }
  return block;
}
