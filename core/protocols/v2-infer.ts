import type { RawTensor } from '../contract/check.ts';
import { InputError } from '../contract/elements.ts';
import type { HttpRequest, HttpResponse } from '../serving/http.ts';
import { parseJson, textOf } from './json.ts';
import { clip, type InferCall, type InferResult, ProtocolError, type Wire } from './protocol.ts';
import { assertComplete, assertJson, assertShape, elementsOf, elementsText, flatten, kindOf } from './tensors.ts';
import { decodeRaw, encodeBinary, JSON_LENGTH_HEADER, splitBody, type Tail } from './v2-binary.ts';
import { datatypeOf } from './v2-types.ts';

type Json = Readonly<Record<string, unknown>>;

/** One output as it was asked for. */
interface Wanted {
  readonly name: string;
  readonly binary: boolean;
}

/** Decodes an inference request: JSON, JSON with binary tensors behind it, or one raw tensor. */
export function decodeV2(request: HttpRequest, wire: Wire): InferCall {
  const length = request.headers[JSON_LENGTH_HEADER];
  if (length === '0') return rawCall(request, wire);
  const { head, tail } =
    length === undefined ? { head: request.body, tail: undefined } : splitBody(request.body, length);
  const message = parseJson(textOf(head), wire.exact);
  if (!isObject(message))
    throw new ProtocolError(400, `the body is ${kindOf(message)}, expected an object with inputs`);
  const inputs = readInputs(message, wire, tail);
  const wanted = readOutputs(message, wire);
  const { id } = message;
  if (id !== undefined && typeof id !== 'string')
    throw new ProtocolError(400, `id is ${kindOf(id)}, expected a string`);
  return {
    id: id === '' ? undefined : id,
    inputs,
    outputs: wanted.all ? undefined : wanted.list.map((output) => output.name),
    encode: (result) => encode(result, wanted.list),
  };
}

function readInputs(message: Json, wire: Wire, tail: Tail | undefined): Map<string, RawTensor> {
  const list = message.inputs;
  if (!Array.isArray(list)) throw new InputError(`inputs is ${kindOf(list)}, expected an array of tensors`);
  const inputs = new Map<string, RawTensor>();
  for (const input of list) {
    if (!isObject(input)) throw new InputError(`an input is ${kindOf(input)}, expected an object`);
    const { name, datatype } = input;
    const spec = typeof name === 'string' ? wire.inputs.get(name) : undefined;
    if (spec === undefined)
      throw new InputError(
        `no input named ${typeof name === 'string' ? clip(name) : kindOf(name)}, the model takes ${[...wire.inputs.keys()].join(', ')}`,
      );
    if (inputs.has(spec.name)) throw new InputError(`input ${spec.name} is given twice`);
    if (datatype !== datatypeOf(spec.type))
      throw new InputError(
        `input ${spec.name} has datatype ${typeof datatype === 'string' ? clip(datatype) : kindOf(datatype)}, the model takes ${datatypeOf(spec.type)}`,
      );
    const shape = readShape(spec.name, input.shape);
    assertShape(spec, shape);
    const bytes = isObject(input.parameters) ? input.parameters.binary_data_size : undefined;
    if (bytes !== undefined) {
      if (tail === undefined)
        throw new InputError(`input ${spec.name} is binary, but there is no header ${JSON_LENGTH_HEADER}`);
      inputs.set(spec.name, { shape, data: tail.take(spec, elementsOf(spec.name, shape), bytes) });
      continue;
    }
    assertJson(spec);
    inputs.set(spec.name, { shape, data: flatten(spec.name, input.data, shape) });
  }
  assertComplete(wire, inputs);
  tail?.assertEnd();
  return inputs;
}

function readShape(name: string, shape: unknown): number[] {
  if (!Array.isArray(shape))
    throw new InputError(`input ${name}: shape is ${kindOf(shape)}, expected an array of integers`);
  return shape.map((dimension: unknown) => {
    const size = typeof dimension === 'bigint' ? Number(dimension) : dimension;
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0)
      throw new InputError(
        `input ${name}: shape has ${clip(String(kindOf(dimension) === 'a number' ? dimension : kindOf(dimension)))}, expected integers from 0`,
      );
    return size;
  });
}

function readOutputs(message: Json, wire: Wire): { all: boolean; list: Wanted[] } {
  const binary = isObject(message.parameters) && message.parameters.binary_data_output === true;
  const list = message.outputs;
  if (list === undefined || (Array.isArray(list) && list.length === 0))
    return { all: true, list: wire.signature.outputs.map(({ name }) => ({ name, binary })) };
  if (!Array.isArray(list)) throw new InputError(`outputs is ${kindOf(list)}, expected an array`);
  const seen = new Set<string>();
  return {
    all: false,
    list: list.map((output: unknown) => {
      const name = isObject(output) ? output.name : undefined;
      const spec = typeof name === 'string' ? wire.outputs.get(name) : undefined;
      if (spec === undefined)
        throw new InputError(
          `no output named ${typeof name === 'string' ? clip(name) : kindOf(name)}, the model gives ${[...wire.outputs.keys()].join(', ')}`,
        );
      if (seen.has(spec.name)) throw new InputError(`output ${spec.name} is asked for twice`);
      seen.add(spec.name);
      const parameters = isObject(output) && isObject(output.parameters) ? output.parameters : {};
      if (parameters.classification !== undefined)
        throw new ProtocolError(501, 'the classification extension is not supported');
      const own = parameters.binary_data;
      return { name: spec.name, binary: typeof own === 'boolean' ? own : binary };
    }),
  };
}

/** The whole body is the single input, batch 1; all outputs are binary. */
function rawCall(request: HttpRequest, wire: Wire): InferCall {
  const [spec, second] = wire.signature.inputs;
  if (spec === undefined || second !== undefined)
    throw new InputError(`a raw request needs a model with one input, this one has ${wire.inputs.size}`);
  return {
    inputs: new Map([[spec.name, decodeRaw(spec, request.body)]]),
    encode: (result) =>
      encode(
        result,
        wire.signature.outputs.map(({ name }) => ({ name, binary: true })),
      ),
  };
}

/** The answer, its JSON written by hand: every number is turned into text once, and no tree is built first. */
function encode(result: InferResult, wanted: readonly Wanted[]): HttpResponse {
  let text = `{"model_name":"${result.model}","model_version":"${result.version}","id":${JSON.stringify(result.id)},"outputs":[`;
  const blocks: Uint8Array[] = [];
  for (let i = 0; i < wanted.length; i++) {
    const { name, binary } = wanted[i]!;
    const tensor = result.outputs[name]!;
    text += `${i === 0 ? '' : ','}{"name":${JSON.stringify(name)},"datatype":"${datatypeOf(tensor.type)}","shape":[${tensor.shape.join(',')}],`;
    if (binary) {
      const block = encodeBinary(tensor);
      blocks.push(block);
      text += `"parameters":{"binary_data_size":${block.length}}}`;
    } else text += `"data":[${elementsText(tensor, 0, tensor.data.length)}]}`;
  }
  text += ']}';
  if (blocks.length === 0) return { status: 200, headers: { 'content-type': 'application/json' }, body: text };
  const head = new TextEncoder().encode(text);
  return {
    status: 200,
    headers: { 'content-type': 'application/octet-stream', [JSON_LENGTH_HEADER]: String(head.length) },
    body: concat([head, ...blocks]),
  };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
