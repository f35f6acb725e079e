import type { TensorType } from '../../model/signature.ts';

const DATATYPES: Readonly<Record<TensorType, string>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
};

const TYPES: ReadonlyMap<string, TensorType> = new Map(
  Object.entries(DATATYPES).map(([type, name]) => [name, type as TensorType]),
);

/** The tensor type of a name of the Open Inference Protocol; undefined for what no tensor has here. */
export const typeOf = (datatype: string): TensorType | undefined => TYPES.get(datatype);

/** A tensor type as the Open Inference Protocol names it. */
export const datatypeOf = (type: TensorType): string => DATATYPES[type];
