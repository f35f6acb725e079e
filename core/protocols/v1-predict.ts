import type { RawTensor } from '../contract/check.ts';
import { InputError } from '../contract/elements.ts';
import type { TensorSpec } from '../model/signature.ts';
import type { TensorData } from '../model/tensor.ts';
import type { HttpRequest, HttpResponse } from '../serving/http.ts';
import { parseJson, textOf } from './json.ts';
import { clip, type InferCall, type InferResult, ProtocolError, type Wire } from './protocol.ts';
import { assertComplete, assertJson, assertShape, elementsText, flatten, kindOf, shapeOf } from './tensors.ts';

type Json = Readonly<Record<string, unknown>>;

/** Which keys the answer has: `predictions` by row, `outputs` by column, or both where two servers share the URL. */
type Answer = 'predictions' | 'both';

/** Decodes a predict request in row format (`instances`) or column format (`inputs`). */
export function decodeV1(request: HttpRequest, wire: Wire): InferCall {
  const message = parseJson(textOf(request.body), wire.exact);
  if (!isObject(message))
    throw new ProtocolError(400, `the body is ${kindOf(message)}, expected an object with instances or inputs`);
  const { instances, inputs, signature_name: signature } = message;
  if ((instances === undefined) === (inputs === undefined))
    throw new ProtocolError(400, 'expected either instances or inputs, and not both');
  if (signature !== undefined && signature !== '' && signature !== 'serving_default')
    throw new ProtocolError(
      400,
      `no signature ${typeof signature === 'string' ? clip(signature) : kindOf(signature)}, there is serving_default`,
    );
  // KServe takes `inputs` for another word for `instances`: a list of plain objects can only be meant so.
  const byRow = instances !== undefined || (Array.isArray(inputs) && isObject(inputs[0]) && !isBytes(inputs[0]));
  const tensors = byRow ? readRows(instances ?? inputs, wire) : readColumns(inputs, wire);
  for (const spec of wire.signature.inputs) assertJson(spec);
  assertComplete(wire, tensors);
  return { inputs: tensors, encode: (result) => encode(result, wire, byRow ? 'predictions' : 'both') };
}

function readRows(instances: unknown, wire: Wire): Map<string, RawTensor> {
  if (!Array.isArray(instances)) throw new InputError(`instances is ${kindOf(instances)}, expected an array`);
  if (instances.length === 0) throw new InputError('instances is empty, expected at least one');
  const specs = wire.signature.inputs;
  const named = isObject(instances[0]) && !isBytes(instances[0]);
  if (!named && specs.length > 1)
    throw new InputError(
      `instance 0 is ${kindOf(instances[0])}, expected an object with ${specs.map((spec) => spec.name).join(', ')}`,
    );
  if (named) assertKeys(instances, wire);
  return new Map(specs.map((spec) => [spec.name, readRowsOf(spec, instances, named)]));
}

/** Every instance has the keys of the inputs and no other. */
function assertKeys(instances: readonly unknown[], wire: Wire): void {
  for (let row = 0; row < instances.length; row++) {
    const instance = instances[row];
    if (!isObject(instance))
      throw new InputError(`instance ${row} is ${kindOf(instance)}, expected an object like instance 0`);
    let keys = 0;
    for (const key in instance) {
      keys++;
      if (!wire.inputs.has(key))
        throw new InputError(`instance ${row} has ${clip(key)}, the model takes ${[...wire.inputs.keys()].join(', ')}`);
    }
    if (keys === wire.inputs.size) continue;
    const missing = wire.signature.inputs
      .filter((spec) => !Object.hasOwn(instance, spec.name))
      .map((spec) => spec.name);
    throw new InputError(`instance ${row} lacks ${missing.join(', ')}`);
  }
}

function readRowsOf(spec: TensorSpec, instances: readonly unknown[], named: boolean): RawTensor {
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

/** One value of a row, unless an array has come where the others are bare. */
function scalar(spec: TensorSpec, value: unknown, row: number): unknown {
  if (Array.isArray(value)) throw new InputError(`input ${spec.name}: instance ${row} is an array, instance 0 is not`);
  return spec.type === 'string' ? bytesText(spec, value) : value;
}

function readColumns(inputs: unknown, wire: Wire): Map<string, RawTensor> {
  const specs = wire.signature.inputs;
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
    const spec = wire.inputs.get(name);
    if (spec === undefined)
      throw new InputError(`no input named ${clip(name)}, the model takes ${[...wire.inputs.keys()].join(', ')}`);
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

/** `{"b64": …}` as the text it holds; any other value as it is. */
function bytesText(spec: TensorSpec, value: unknown): unknown {
  if (!isObject(value)) return value;
  if (!isBytes(value)) throw new InputError(`input ${spec.name}: an object that is not exactly {"b64": …}`);
  const { b64 } = value;
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(b64))
    throw new InputError(`input ${spec.name}: b64 is not base64`);
  try {
    return utf8.decode(Buffer.from(b64, 'base64'));
  } catch (cause) {
    throw new InputError(`input ${spec.name}: b64 does not hold UTF-8`, { cause });
  }
}

function encode(result: InferResult, wire: Wire, answer: Answer): HttpResponse {
  const specs = wire.signature.outputs;
  const parts: string[] = [];
  const rows = result.outputs[specs[0]!.name]!.shape[0];
  const common = rows !== undefined && specs.every(({ name }) => result.outputs[name]!.shape[0] === rows);
  if (!common && answer === 'predictions')
    throw new ProtocolError(400, 'the outputs have no common batch size, use inputs instead of instances');
  if (common) parts.push(`"predictions":[${byRow(result, specs, rows)}]`);
  if (answer === 'both') {
    const texts = specs.map((spec) => nestedText(result.outputs[spec.name]!, spec.name));
    parts.push(
      `"outputs":${specs.length === 1 ? texts[0] : `{${specs.map((spec, i) => `${JSON.stringify(spec.name)}:${texts[i]}`).join(',')}}`}`,
    );
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: `{${parts.join(',')}}` };
}

/** One prediction a row: bare for one output, else an object. */
function byRow(result: InferResult, specs: readonly TensorSpec[], rows: number): string {
  const keys = specs.map((spec) => `${JSON.stringify(spec.name)}:`);
  const tensors = specs.map((spec) => result.outputs[spec.name]!);
  let text = '';
  for (let row = 0; row < rows; row++) {
    text += row === 0 ? '' : ',';
    if (specs.length === 1) {
      text += rowText(tensors[0]!, row, specs[0]!.name);
      continue;
    }
    for (let i = 0; i < specs.length; i++)
      text += `${i === 0 ? '{' : ','}${keys[i]}${rowText(tensors[i]!, row, specs[i]!.name)}`;
    text += '}';
  }
  return text;
}

/** Row `row` of a tensor, nested. */
function rowText(tensor: TensorData, row: number, name: string): string {
  const width = tensor.data.length / tensor.shape[0]!;
  return sliceText(tensor, 1, row * width, width, name);
}

const nestedText = (tensor: TensorData, name: string): string => sliceText(tensor, 0, 0, tensor.data.length, name);

/** The elements `from` … `from + length` as nested arrays, of the axes from `axis` on. */
function sliceText(tensor: TensorData, axis: number, from: number, length: number, name: string): string {
  const { shape } = tensor;
  if (axis >= shape.length) return flatText(tensor, from, from + 1, name);
  if (axis === shape.length - 1) return `[${flatText(tensor, from, from + length, name)}]`;
  const count = shape[axis]!;
  const width = count === 0 ? 0 : length / count;
  let text = '[';
  for (let i = 0; i < count; i++)
    text += `${i === 0 ? '' : ','}${sliceText(tensor, axis + 1, from + i * width, width, name)}`;
  return `${text}]`;
}

/** Outputs named `*_bytes` come back as `{"b64"}`. */
function flatText(tensor: TensorData, from: number, to: number, name: string): string {
  if (tensor.type !== 'string' || !name.endsWith('_bytes')) return elementsText(tensor, from, to);
  return (tensor.data as string[])
    .slice(from, to)
    .map((text) => `{"b64":"${Buffer.from(text, 'utf8').toString('base64')}"}`)
    .join(',');
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Exactly `{"b64": string}`. */
function isBytes(value: Json): value is { b64: string } {
  return typeof value.b64 === 'string' && Object.keys(value).length === 1;
}
