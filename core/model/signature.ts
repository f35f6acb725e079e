import * as z from 'zod';

/** Element types of tensors, as ONNX Runtime names them. */
export const TENSOR_TYPES = [
  'float32',
  'float64',
  'float16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
  'string',
] as const;

export const TensorType = z.enum(TENSOR_TYPES);
export type TensorType = z.infer<typeof TensorType>;

/** One input or output of a graph; -1 stands for a dynamic dimension. */
export const TensorSpec = z.strictObject({
  name: z.string().min(1).describe('Name of the input or output.'),
  type: TensorType.describe('Type of its elements.'),
  shape: z.array(z.int().min(-1)).describe('Its dimensions; -1 is any size.'),
});
export type TensorSpec = z.infer<typeof TensorSpec>;

/** What a graph takes and gives, read from the .onnx file itself. */
export const Signature = z.strictObject({
  inputs: z.array(TensorSpec).min(1).describe('In the order of the graph.'),
  outputs: z.array(TensorSpec).min(1).describe('In the order of the graph.'),
});
export type Signature = z.infer<typeof Signature>;
