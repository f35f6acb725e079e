import type { TensorType } from './signature.ts';

export type TensorValues =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | string[];

/** A tensor, row-major. `float16` is carried as its bits in a Uint16Array, `bool` as 0/1 in a Uint8Array. */
export interface TensorData {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly data: TensorValues;
}
