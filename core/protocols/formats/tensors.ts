import { InputError } from '../../contract/input-error.ts';
import type { RawTensor } from '../../contract/raw-tensor.ts';
import { shortest } from '../../model/decimal.ts';
import { halfValue } from '../../model/half.ts';
import type { TensorSpec } from '../../model/signature.ts';
import type { TensorData } from '../../model/tensor.ts';
import type { ProtocolModel } from '../protocol.ts';

/** Most elements of one tensor: far beyond what a body of 6 MB holds, and within an index. */
const MAX_ELEMENTS = 0x7fff_ffff;

/** Number of elements of a shape. @throws InputError when there are too many to count, be it only along one axis */
export function elementsOf(name: string, shape: readonly number[]): number {
  let count = 1;
  let longest = 0;
  for (const dimension of shape) {
    count *= dimension;
    if (dimension > longest) longest = dimension;
  }
  // Along one axis as well: nothing times as much as one likes is nothing, and no runtime takes such a shape.
  if (longest > MAX_ELEMENTS || count > MAX_ELEMENTS)
    throw new InputError(`input ${name}: shape [${shape}] has too many elements`);
  return count;
}

/** @throws InputError unless the shape is one that the graph takes; an empty shape of the graph is unknown */
export function assertShape(spec: TensorSpec, shape: readonly number[]): void {
  const wanted = spec.shape;
  if (wanted.length === 0 && shape.length <= 8) return;
  let fits = wanted.length === shape.length;
  for (let i = 0; fits && i < wanted.length; i++) fits = wanted[i] === -1 || wanted[i] === shape[i];
  if (!fits)
    throw new InputError(`input ${spec.name} has shape [${shape.slice(0, 9)}], the model takes [${wanted}] (-1: any)`);
}

/** An input by its name, which messages show, and the shape that its data is to have. */
interface InputShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * JSON data, nested or flat, as a flat array in row-major order. Flat data is given back as it is, nested numbers as
 * doubles, which is what they are.
 *
 * @throws InputError when the data does not have the shape
 */
export function flatten(name: string, data: unknown, shape: readonly number[]): ArrayLike<unknown> {
  if (!Array.isArray(data)) throw new InputError(`input ${name}: data is ${kindOf(data)}, expected an array`);
  const count = elementsOf(name, shape);
  if (shape.length <= 1 || !Array.isArray(data[0])) {
    if (data.length !== count)
      throw new InputError(`input ${name}: data has ${data.length} elements, shape [${shape}] takes ${count}`);
    return data;
  }
  const rows: unknown[][] = [];
  gatherRows({ name, shape }, data, 0, rows);
  return numbersOf(rows, count) ?? rows.flat();
}

/** Adds the innermost arrays of an input's data to `rows`, in order. */
function gatherRows(input: InputShape, data: unknown[], axis: number, rows: unknown[][]): void {
  const { name, shape } = input;
  const length = shape[axis]!;
  if (data.length !== length)
    throw new InputError(`input ${name}: ${data.length} elements along axis ${axis}, shape [${shape}] takes ${length}`);
  if (axis === shape.length - 1) {
    rows.push(data);
    return;
  }
  for (let i = 0; i < length; i++) {
    const inner = data[i];
    if (!Array.isArray(inner))
      throw new InputError(`input ${name}: element ${i} along axis ${axis} is ${kindOf(inner)}, expected an array`);
    gatherRows(input, inner, axis + 1, rows);
  }
}

/** Rows of nothing but numbers, one after the other; undefined when there is something else among them. */
function numbersOf(rows: readonly (readonly unknown[])[], count: number): Float64Array | undefined {
  const numbers = new Float64Array(count);
  let at = 0;
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) {
      const value = row[i];
      if (typeof value !== 'number') return undefined;
      numbers[at++] = value;
    }
  }
  return numbers;
}

/** The shape of nested data, read along its first elements. */
export function shapeOf(data: unknown, deepest = 8): number[] {
  const shape: number[] = [];
  for (let inner = data; Array.isArray(inner) && shape.length <= deepest; inner = inner[0]) shape.push(inner.length);
  return shape;
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Number) return 'a number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value === 'bigint' ? 'number' : typeof value}`;
}

/** @throws InputError for what version 2 of the protocol does not carry as JSON: float16 is binary only */
export function assertJson(spec: TensorSpec): void {
  if (spec.type === 'float16')
    throw new InputError(`input ${spec.name}: float16 cannot be carried as JSON, send it as binary data`);
}

/** @throws InputError unless every input of the graph is there */
export function assertComplete(protocolModel: ProtocolModel, inputs: ReadonlyMap<string, RawTensor>): void {
  if (inputs.size === protocolModel.inputs.size) return;
  const missing = protocolModel.signature.inputs.filter((spec) => !inputs.has(spec.name)).map((spec) => spec.name);
  throw new InputError(`missing input ${missing.join(', ')}`);
}

/**
 * The tensor's elements `from` up to `to` as JSON text, comma-separated, without brackets.
 *
 * @param tokens whether NaN and infinities are the bare tokens that they are called; JSON has none, and they are null
 */
export function elementsText(tensor: TensorData, from: number, to: number, tokens = false): string {
  const { data, type } = tensor;
  let text = '';
  switch (type) {
    case 'string':
      for (let i = from; i < to; i++) text += `${i === from ? '' : ','}${JSON.stringify(data[i])}`;
      return text;
    case 'bool':
      for (let i = from; i < to; i++) text += `${i === from ? '' : ','}${data[i] === 1}`;
      return text;
    case 'float32':
      for (let i = from; i < to; i++) text += `${i === from ? '' : ','}${float32Text(data[i] as number, tokens)}`;
      return text;
    case 'float64':
      for (let i = from; i < to; i++)
        text += `${i === from ? '' : ','}${Number.isFinite(data[i]) || tokens ? data[i] : null}`;
      return text;
    case 'float16':
      for (let i = from; i < to; i++) {
        const value = halfValue(data[i] as number);
        text += `${i === from ? '' : ','}${Number.isFinite(value) || tokens ? value : null}`;
      }
      return text;
    default:
      for (let i = from; i < to; i++) text += `${i === from ? '' : ','}${data[i]}`;
      return text;
  }
}

function float32Text(value: number, tokens: boolean): string {
  if (Number.isFinite(value)) return `${shortest(value)}`;
  return tokens ? `${value}` : 'null';
}
