import { InputError } from '../../contract/input-error.ts';
import type { RawTensor } from '../../contract/raw-tensor.ts';
import type { ExternalTensorSpec } from '../../model/preprocess.ts';
import type { TensorSpec } from '../../model/signature.ts';
import { clip, type ProtocolModel } from '../protocol.ts';
import { assertShape, flatten, kindOf, shapeOf } from './tensors.ts';

export type Json = Readonly<Record<string, unknown>>;

/**
 * Row format: one value a row, bare for a model with one input, else an object whose keys are the names of the inputs.
 *
 * @throws InputError
 */
export function readRows(instances: unknown, protocolModel: ProtocolModel): Map<string, RawTensor> {
  if (!Array.isArray(instances)) throw new InputError(`instances is ${kindOf(instances)}, expected an array`);
  if (instances.length === 0) throw new InputError('instances is empty, expected at least one');
  const specs = protocolModel.signature.inputs;
  const named = isObject(instances[0]) && !isBytes(instances[0]);
  if (!named && specs.length > 1)
    throw new InputError(
      `instance 0 is ${kindOf(instances[0])}, expected an object with ${specs.map((spec) => spec.name).join(', ')}`,
    );
  if (named) assertKeys(instances, protocolModel);
  return new Map(specs.map((spec) => [spec.name, readRowsOf(spec, instances, named)]));
}

/** Every instance has the keys of the inputs and no other. */
function assertKeys(instances: readonly unknown[], protocolModel: ProtocolModel): void {
  for (let row = 0; row < instances.length; row++) {
    const instance = instances[row];
    if (!isObject(instance))
      throw new InputError(`instance ${row} is ${kindOf(instance)}, expected an object like instance 0`);
    let keys = 0;
    for (const key in instance) {
      keys++;
      if (!protocolModel.inputs.has(key))
        throw new InputError(
          `instance ${row} has ${clip(key)}, the model takes ${[...protocolModel.inputs.keys()].join(', ')}`,
        );
    }
    if (keys === protocolModel.inputs.size) continue;
    const missing = protocolModel.signature.inputs
      .filter((spec) => !Object.hasOwn(instance, spec.name))
      .map((spec) => spec.name);
    throw new InputError(`instance ${row} lacks ${missing.join(', ')}`);
  }
}

/** The tensor of one input; `named`: each instance is an object that has it under the input's name. */
export function readRowsOf(spec: TensorSpec, instances: readonly unknown[], named: boolean): RawTensor {
  const rows = instances.length;
  const value = (row: number): unknown => (named ? (instances[row] as Json)[spec.name] : instances[row]);
  const first = value(0);
  const inner = spec.shape.slice(1);
  // One value a row may come bare for [n, 1] too: that is how tables are written.
  if (!Array.isArray(first) && (inner.length === 0 || (inner.length === 1 && (inner[0] === 1 || inner[0] === -1)))) {
    const data = new Array<unknown>(rows);
    for (let row = 0; row < rows; row++) data[row] = scalar(spec, value(row), row);
    const shape = inner.length === 0 ? [rows] : [rows, 1];
    assertShape(spec, shape);
    return { shape, data };
  }
  const shape = [rows, ...shapeOf(first)];
  assertShape(spec, shape);
  const nested = named ? instances.map((_, row) => value(row)) : (instances as unknown[]);
  return { shape, data: decodeBytes(spec, flatten(spec.name, nested, shape)) };
}

/** One value of a row. @throws InputError when an array has come in its place */
export function scalar(spec: TensorSpec, value: unknown, row: number): unknown {
  if (Array.isArray(value)) throw new InputError(`input ${spec.name}: instance ${row} is an array, expected one value`);
  return spec.type === 'string' ? bytesText(spec, value) : value;
}

/**
 * Column format: the tensor of the only input, or an object of one tensor an input.
 *
 * @throws InputError
 */
export function readColumns(inputs: unknown, protocolModel: ProtocolModel): Map<string, RawTensor> {
  const specs = protocolModel.signature.inputs;
  if (!isObject(inputs) || isBytes(inputs)) {
    const [spec, second] = specs;
    if (spec === undefined || second !== undefined)
      throw new InputError(
        `inputs is ${kindOf(inputs)}, expected an object with ${specs.map((each) => each.name).join(', ')}`,
      );
    return new Map([[spec.name, readColumn(spec, inputs)]]);
  }
  const tensors = new Map<string, RawTensor>();
  for (const [name, value] of Object.entries(inputs)) {
    const spec = protocolModel.inputs.get(name);
    if (spec === undefined)
      throw new InputError(
        `no input named ${clip(name)}, the model takes ${[...protocolModel.inputs.keys()].join(', ')}`,
      );
    tensors.set(name, readColumn(spec, value));
  }
  return tensors;
}

function readColumn(spec: TensorSpec, value: unknown): RawTensor {
  if (!Array.isArray(value)) {
    assertShape(spec, []);
    return { shape: [], data: decodeBytes(spec, [value]) };
  }
  const own = shapeOf(value);
  // A column of bare values is what [n, 1] means in a table.
  const shape = own.length === 1 && spec.shape.length === 2 && spec.shape[1] === 1 ? [own[0]!, 1] : own;
  assertShape(spec, shape);
  return { shape, data: decodeBytes(spec, flatten(spec.name, value, shape)) };
}

const decodeBytes = (spec: TensorSpec, data: ArrayLike<unknown>): ArrayLike<unknown> =>
  spec.type === 'string' ? Array.from(data, (value) => bytesText(spec, value)) : data;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `{"b64": …}` as the text it holds, or as it is where bytes are wanted; any other value as it is. */
function bytesText(spec: ExternalTensorSpec, value: unknown): unknown {
  if (!isObject(value)) return value;
  if (!isBytes(value)) throw new InputError(`input ${spec.name}: an object that is not exactly {"b64": …}`);
  const { b64 } = value;
  if (!isBase64(b64)) throw new InputError(`input ${spec.name}: b64 is not base64`);
  if (spec.bytes) return b64;
  try {
    return utf8.decode(Buffer.from(b64, 'base64'));
  } catch (cause) {
    throw new InputError(`input ${spec.name}: b64 does not hold UTF-8`, { cause });
  }
}

/** With or without its padding. In steps, because a pattern for the whole ends the stack over some megabytes. */
function isBase64(text: string): boolean {
  const [digits = ''] = text.split('=', 1);
  const padding = text.slice(digits.length);
  const rest = digits.length % 4;
  const whole = padding === '' ? rest !== 1 : rest > 1 && padding === '='.repeat(4 - rest);
  return whole && !/[^A-Za-z0-9+/]/.test(digits);
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Number);

/** Exactly `{"b64": string}`. */
export function isBytes(value: Json): value is { b64: string } {
  return typeof value.b64 === 'string' && Object.keys(value).length === 1;
}
