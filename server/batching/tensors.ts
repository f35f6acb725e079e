import type { Signature } from '../../core/model/signature.ts';
import type { TensorData, TensorValues } from '../../core/model/tensor.ts';

/** Input or output tensors of a model, by name. */
export type Tensors = Readonly<Record<string, TensorData>>;

/** Whether runs of a graph can be batched along axis 0: every input and output must have a first axis of any size. */
export const canBatch = ({ inputs, outputs }: Signature): boolean =>
  [...inputs, ...outputs].every(({ shape }) => shape.length > 0 && shape[0] === -1);

/**
 * Number of rows of a run: the size of axis 0, which must be the same for all inputs.
 *
 * @returns undefined when the sizes differ or are 0; such a run cannot be batched
 */
export function rowsOf(feeds: Tensors): number | undefined {
  let rows: number | undefined;
  for (const name in feeds) {
    const size = feeds[name]!.shape[0];
    if (size === undefined || size === 0 || (rows !== undefined && rows !== size)) return undefined;
    rows = size;
  }
  return rows;
}

/** Key of the runs that may share a batch: equal input types and trailing shapes, and the same requested outputs. */
export function batchKey(feeds: Tensors, outputs: readonly string[] | undefined): string {
  let key = outputs === undefined ? '*' : JSON.stringify(outputs);
  for (const name in feeds) {
    const { type, shape } = feeds[name]!;
    key += `\n${name} ${type}`;
    for (let axis = 1; axis < shape.length; axis++) key += ` ${shape[axis]}`;
  }
  return key;
}

/** Joins the inputs of runs with the same batch key along axis 0, in order. */
export function concatenate(parts: readonly Tensors[]): Record<string, TensorData> {
  const whole: Record<string, TensorData> = {};
  for (const name in parts[0]!) {
    const tensors = parts.map((part) => part[name]!);
    const { type, shape } = tensors[0]!;
    const rows = tensors.reduce((sum, tensor) => sum + tensor.shape[0]!, 0);
    whole[name] = { type, shape: [rows, ...shape.slice(1)], data: joined(tensors.map(({ data }) => data)) };
  }
  return whole;
}

/**
 * Splits the outputs of a batch into those of its requests.
 *
 * @param rows number of rows of each request, in order
 * @returns undefined when an output does not have exactly one row for each input row
 */
export function split(outputs: Tensors, rows: readonly number[]): Record<string, TensorData>[] | undefined {
  const total = rows.reduce((sum, each) => sum + each, 0);
  const parts: Record<string, TensorData>[] = rows.map(() => ({}));
  for (const name in outputs) {
    const { type, shape, data } = outputs[name]!;
    if (shape[0] !== total) return undefined;
    const width = data.length / total;
    let from = 0;
    rows.forEach((count, part) => {
      const to = from + count * width;
      parts[part]![name] = { type, shape: [count, ...shape.slice(1)], data: data.slice(from, to) as TensorValues };
      from = to;
    });
  }
  return parts;
}

function joined(parts: readonly TensorValues[]): TensorValues {
  if (Array.isArray(parts[0])) return (parts as readonly string[][]).flat();
  const first = parts[0] as Float32Array;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new (first.constructor as new (length: number) => Float32Array)(length);
  let at = 0;
  for (const part of parts as readonly Float32Array[]) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Largest relative difference that is put down to rounding, between a row by itself and the same row in a batch. */
const TOLERANCE = 1e-3;

/** Whether two runs gave the same outputs: strings and integers exactly, floating point within `TOLERANCE`. */
export function agree(a: Tensors, b: Tensors): boolean {
  return Object.entries(a).every(([name, tensor]) => {
    const other = b[name];
    if (other === undefined || other.shape.join() !== tensor.shape.join()) return false;
    const floating = tensor.type === 'float32' || tensor.type === 'float64';
    for (let i = 0; i < tensor.data.length; i++) {
      const [x, y] = [tensor.data[i]!, other.data[i]!];
      if (Object.is(x, y)) continue;
      // float16 is held as its bits, which are close where the numbers are.
      if (tensor.type === 'float16' && Math.abs(Number(x) - Number(y)) <= 4) continue;
      if (!floating || !(Math.abs(Number(x) - Number(y)) <= TOLERANCE * Math.max(1, Math.abs(Number(x))))) return false;
    }
    return true;
  });
}
