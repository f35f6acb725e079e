import { InputError } from '../../contract/input-error.ts';
import type { RawTensor } from '../../contract/raw-tensor.ts';
import { formatValue } from '../../errors/format-value.ts';
import type { TensorSpec } from '../../model/signature.ts';
import type { HttpRequest } from '../../serving/http.ts';
import { bodyText, parseJson } from '../formats/json.ts';
import { assertComplete, assertJson, assertShape, elementsOf, flatten, kindOf } from '../formats/tensors.ts';
import { isObject, type Json } from '../formats/values.ts';
import { clip, type InferCall, type Parameters, ProtocolError, type ProtocolModel } from '../protocol.ts';
import { encodeV2, type RequestedOutput } from './answer.ts';
import { type BinarySection, decodeRaw, JSON_LENGTH_HEADER, splitBody } from './binary.ts';
import { datatypeOf } from './datatypes.ts';
import { FeatureColumns } from './feature-columns.ts';

/** Decodes an inference request: JSON, JSON with binary tensors behind it, or one raw tensor. */
export function decodeV2(request: HttpRequest, protocolModel: ProtocolModel): InferCall {
  const length = request.headers[JSON_LENGTH_HEADER];
  if (length === '0') return rawCall(request, protocolModel);
  const { head, tail } =
    length === undefined ? { head: request.body, tail: undefined } : splitBody(request.body, length);
  const message = parseJson(bodyText(head), protocolModel.exact);
  if (!isObject(message))
    throw new ProtocolError(400, `the body is ${kindOf(message)}, expected an object with inputs`);
  const parameters = readParameters(message.parameters, 'the request');
  const inputs = readInputs(message, protocolModel, tail);
  const wanted = readOutputs(message.outputs, parameters, protocolModel);
  const { id } = message;
  if (id !== undefined && typeof id !== 'string')
    throw new ProtocolError(400, `id is ${kindOf(id)}, expected a string`);
  return {
    id: id === '' ? undefined : id,
    inputs,
    outputs: wanted?.map((output) => output.name),
    parameters,
    encode: (result) => encodeV2(result, wanted ?? all(protocolModel, parameters.binary_data_output === true)),
  };
}

const all = (protocolModel: ProtocolModel, binary: boolean): RequestedOutput[] =>
  protocolModel.signature.outputs.map(({ name }) => ({ name, binary }));

const NONE: Parameters = {};

/** @throws InputError also for shared memory, which nobody outside shares with this process */
function readParameters(parameters: unknown, whose: string): Parameters {
  if (parameters === undefined || parameters === null) return NONE;
  if (!isObject(parameters))
    throw new InputError(`the parameters of ${whose} are ${kindOf(parameters)}, expected an object`);
  if (parameters.shared_memory_region !== undefined)
    throw new InputError(`the parameters of ${whose} name a shared memory region, send the data itself`);
  return parameters;
}

/** A parameter that is true or false; undefined when it is not given. @throws InputError */
function flag(parameters: Parameters, name: string): boolean | undefined {
  const value = parameters[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw new InputError(`${name} is ${kindOf(value)}, expected true or false`);
}

function readInputs(
  message: Json,
  protocolModel: ProtocolModel,
  tail: BinarySection | undefined,
): Map<string, RawTensor> {
  const list = message.inputs;
  if (!Array.isArray(list)) throw new InputError(`inputs is ${kindOf(list)}, expected an array of tensors`);
  const inputs = new Map<string, RawTensor>();
  const columns = new FeatureColumns(protocolModel);
  for (const input of list) {
    if (!isObject(input)) throw new InputError(`an input is ${kindOf(input)}, expected an object`);
    const { name, datatype } = input;
    const spec = typeof name === 'string' ? protocolModel.inputs.get(name) : undefined;
    const column = spec === undefined && typeof name === 'string' ? columns.specOf(name, datatype) : undefined;
    if (column !== undefined) {
      columns.add(column, readTensor(input, column, tail));
      continue;
    }
    if (spec === undefined)
      throw new InputError(
        `no input named ${typeof name === 'string' ? clip(name) : kindOf(name)}, the model takes ${[...protocolModel.inputs.keys()].join(', ')}`,
      );
    if (inputs.has(spec.name)) throw new InputError(`input ${spec.name} is given twice`);
    if (datatype !== datatypeOf(spec.type)) throw wrongDatatype(spec, datatype);
    inputs.set(spec.name, readTensor(input, spec, tail));
  }
  columns.into(inputs);
  assertComplete(protocolModel, inputs);
  tail?.assertEnd();
  return inputs;
}

/** A tensor as JSON, or as bytes behind it. Of a feature's column the shape is looked at later. */
function readTensor(input: Json, spec: TensorSpec, tail: BinarySection | undefined): RawTensor {
  const shape = readShape(spec.name, input.shape);
  assertShape(spec, shape);
  const { binary_data_size: bytes } = readParameters(input.parameters, `input ${spec.name}`);
  if (bytes === undefined) {
    assertJson(spec);
    return { shape, data: flatten(spec.name, input.data, shape) };
  }
  if (tail === undefined)
    throw new InputError(`input ${spec.name} is binary, but there is no header ${JSON_LENGTH_HEADER}`);
  return { shape, data: tail.take(spec, elementsOf(spec.name, shape), bytes) };
}

function wrongDatatype({ name, type }: TensorSpec, datatype: unknown): InputError {
  const found = typeof datatype === 'string' ? clip(datatype) : kindOf(datatype);
  const why = datatype === 'BF16' ? '; BF16 is not supported, for ONNX Runtime takes no such tensors here' : '';
  return new InputError(`input ${name} has datatype ${found}, the model takes ${datatypeOf(type)}${why}`);
}

function readShape(name: string, shape: unknown): number[] {
  if (!Array.isArray(shape))
    throw new InputError(`input ${name}: shape is ${kindOf(shape)}, expected an array of integers`);
  return shape.map((dimension: unknown) => {
    const size = typeof dimension === 'bigint' ? Number(dimension) : dimension;
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0)
      throw new InputError(`input ${name}: shape has ${formatValue(dimension)}, expected integers from 0`);
    return size;
  });
}

/** The outputs as they are asked for; undefined: all of them, as the request has it. */
function readOutputs(list: unknown, request: Parameters, protocolModel: ProtocolModel): RequestedOutput[] | undefined {
  const binary = flag(request, 'binary_data_output') ?? false;
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list)) throw new InputError(`outputs is ${kindOf(list)}, expected an array`);
  if (list.length === 0) return undefined;
  const seen = new Set<string>();
  return list.map((output: unknown) => {
    const name = isObject(output) ? output.name : undefined;
    const spec = typeof name === 'string' ? protocolModel.outputs.get(name) : undefined;
    if (spec === undefined)
      throw new InputError(
        `no output named ${typeof name === 'string' ? clip(name) : kindOf(name)}, the model gives ${[...protocolModel.outputs.keys()].join(', ')}`,
      );
    if (seen.has(spec.name)) throw new InputError(`output ${spec.name} is asked for twice`);
    seen.add(spec.name);
    const parameters = readParameters((output as Json).parameters, `output ${spec.name}`);
    return {
      name: spec.name,
      binary: flag(parameters, 'binary_data') ?? binary,
      classes: readClassification(parameters.classification, spec, protocolModel),
    };
  });
}

/** How many classes are wanted; undefined: the tensor itself, which is also what 0 means. */
function readClassification(
  value: unknown,
  spec: TensorSpec,
  protocolModel: ProtocolModel,
): RequestedOutput['classes'] {
  const count = typeof value === 'bigint' ? Number(value) : value;
  if (count === undefined || count === 0) return undefined;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0)
    throw new InputError(`output ${spec.name}: classification is ${formatValue(value)}, expected a number of classes`);
  if (spec.type === 'string' || spec.type === 'bool')
    throw new InputError(`output ${spec.name} is of ${datatypeOf(spec.type)}, classification needs numbers`);
  return {
    count,
    byRow: spec.shape.length > 1 || spec.shape[0] === -1,
    labels: protocolModel.labels.get(spec.name) ?? [],
  };
}

/** The whole body is the single input, batch 1; all outputs are binary. */
function rawCall(request: HttpRequest, protocolModel: ProtocolModel): InferCall {
  const [spec, second] = protocolModel.signature.inputs;
  if (spec === undefined || second !== undefined)
    throw new InputError(`a raw request needs a model with one input, this one has ${protocolModel.inputs.size}`);
  return {
    inputs: new Map([[spec.name, decodeRaw(spec, request.body)]]),
    encode: (result) => encodeV2(result, all(protocolModel, true)),
  };
}
