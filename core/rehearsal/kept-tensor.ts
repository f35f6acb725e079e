import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { TensorType } from '../model/signature.ts';
import type { TensorData, TensorValues } from '../model/tensor.ts';

/** A tensor in a JSON document, to the last bit. */
export const KeptTensor = z.strictObject({
  type: TensorType,
  shape: z.array(z.int().min(0)).describe('Its dimensions.'),
  data: z
    .union([z.base64(), z.array(z.string())])
    .describe('Its elements, row-major: strings as they are, everything else as base64 of its little-endian bytes.'),
});
export type KeptTensor = z.infer<typeof KeptTensor>;

/** Makes a tensor of bytes that are its own. */
const VIEWS: Readonly<Record<Exclude<TensorType, 'string'>, new (bytes: ArrayBuffer) => TensorValues>> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

export function keepTensor({ type, shape, data }: TensorData): KeptTensor {
  if (Array.isArray(data)) return { type, shape: [...shape], data: [...data] };
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { type, shape: [...shape], data: bytes.toString('base64') };
}

export function restoreTensor({ type, shape, data }: KeptTensor): TensorData {
  if (type === 'string' || typeof data !== 'string') return { type, shape, data: [...data] };
  const bytes = Buffer.from(data, 'base64');
  // A small buffer is a part of a larger one, and begins anywhere within it.
  return { type, shape, data: new VIEWS[type](Uint8Array.from(bytes).buffer) };
}
