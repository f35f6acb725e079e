import { InputError } from '../../contract/input-error.ts';
import type { RawTensor } from '../../contract/raw-tensor.ts';
import type { HttpRequest } from '../../serving/http.ts';
import { type Read, readValue } from '../formats/instance.ts';
import { bodyText, parseJson } from '../formats/json.ts';
import { tableInputs } from '../formats/table.ts';
import { assertComplete, assertShape, elementsOf, flatten, kindOf } from '../formats/tensors.ts';
import { isObject, type Json, readRows } from '../formats/values.ts';
import { type InferCall, ProtocolError, type ProtocolModel } from '../protocol.ts';
import { decodeRaw, takesBytes } from '../v2/binary.ts';
import { encodeSeldon, type Representation } from './answer.ts';
import { messageOf, metaOf, oneOf } from './message.ts';

/** Decodes a Seldon message. */
export function decodeSeldon(request: HttpRequest, protocolModel: ProtocolModel): InferCall {
  const message = messageOf(request, protocolModel.exact);
  const meta = metaOf(message.meta, request);
  const { representation, read } = readPayload(message, protocolModel);
  assertComplete(protocolModel, read.inputs);
  return {
    ...(meta.puid === undefined ? {} : { id: meta.puid }),
    inputs: read.inputs,
    encode: (result) => encodeSeldon(result, protocolModel, { meta, representation, asking: read.asking }),
  };
}

const PAYLOADS = ['data', 'strData', 'jsonData', 'binData', 'customData'] as const;
const ARRAYS = ['tensor', 'ndarray', 'tftensor'] as const;

function readPayload(message: Json, protocolModel: ProtocolModel): { representation: Representation; read: Read } {
  const payload = oneOf(message, PAYLOADS, 'the message');
  const value = message[payload];
  switch (payload) {
    case 'data': {
      if (!isObject(value)) throw new ProtocolError(400, `data is ${kindOf(value)}, expected an object`);
      const array = oneOf(value, ARRAYS, 'data');
      const names = namesOf(value.names);
      if (array === 'tftensor') throw new ProtocolError(501, 'tftensor is not supported, use tensor or ndarray');
      const inputs =
        array === 'tensor'
          ? readTensor(value.tensor, names, protocolModel)
          : readArray(value.ndarray, names, protocolModel);
      return { representation: array, read: { inputs, asking: 'rows' } };
    }
    case 'jsonData':
      return { representation: 'jsonData', read: readValue(value, protocolModel) };
    case 'strData':
      if (typeof value !== 'string') throw new InputError(`strData is ${kindOf(value)}, expected a string`);
      return { representation: 'strData', read: readText(value, protocolModel) };
    case 'binData':
      return { representation: 'binData', read: { inputs: readBytes(value, protocolModel), asking: 'instance' } };
    case 'customData':
      throw new ProtocolError(501, 'customData is not supported, use data, strData, jsonData or binData');
  }
}

function namesOf(names: unknown): string[] | undefined {
  if (names === undefined || names === null || (Array.isArray(names) && names.length === 0)) return undefined;
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string'))
    throw new InputError('data.names is no array of strings');
  return names;
}

/** Values with a shape beside them. */
function readTensor(
  tensor: unknown,
  names: string[] | undefined,
  protocolModel: ProtocolModel,
): Map<string, RawTensor> {
  const { shape, values } = (isObject(tensor) ? tensor : {}) as Json;
  if (!Array.isArray(values)) throw new InputError(`tensor.values is ${kindOf(values)}, expected an array`);
  if (!isShape(shape)) throw new InputError('tensor.shape is no array of whole numbers');
  const count = elementsOf('tensor', shape);
  if (values.length !== count)
    throw new InputError(`tensor.values has ${values.length} elements, shape [${shape}] takes ${count}`);
  const [spec, second] = protocolModel.signature.inputs;
  if (shape.length === 2 && (second !== undefined || names !== undefined)) {
    const width = shape[1]!;
    const rows = Array.from({ length: shape[0]! }, (_, row) => values.slice(row * width, (row + 1) * width));
    return tableInputs({ columns: names, rows }, protocolModel, { foreign: true });
  }
  if (spec === undefined || second !== undefined)
    throw new InputError(
      `tensor.shape is [${shape}], a model of ${protocolModel.inputs.size} inputs takes rows and columns`,
    );
  assertShape(spec, shape);
  return new Map([[spec.name, { shape, data: flatten(spec.name, values, shape) }]]);
}

const isShape = (shape: unknown): shape is number[] =>
  Array.isArray(shape) && shape.length <= 8 && shape.every((size) => Number.isSafeInteger(size) && size >= 0);

/** Rows of values; a list of bare values is a row each. */
function readArray(rows: unknown, names: string[] | undefined, protocolModel: ProtocolModel): Map<string, RawTensor> {
  if (!Array.isArray(rows)) throw new InputError(`ndarray is ${kindOf(rows)}, expected an array`);
  const [first] = rows;
  const flat = Array.isArray(first) && !Array.isArray(first[0]);
  if (flat && rows.every(Array.isArray) && (names !== undefined || protocolModel.inputs.size > 1))
    return tableInputs({ columns: names, rows: rows as unknown[][] }, protocolModel, { foreign: true });
  return readRows(rows, protocolModel);
}

/** Text for a model that takes text, else JSON as text. */
function readText(text: string, protocolModel: ProtocolModel): Read {
  const [spec, second] = protocolModel.signature.inputs;
  return readValue(
    spec !== undefined && second === undefined && spec.type === 'string' ? text : parseJson(text, protocolModel.exact),
    protocolModel,
  );
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The bytes of the only input, one instance. */
function readBytes(value: unknown, protocolModel: ProtocolModel): Map<string, RawTensor> {
  if (typeof value !== 'string' || !BASE64.test(value) || value.length % 4 !== 0)
    throw new InputError(`binData is ${typeof value === 'string' ? 'not base64' : kindOf(value)}, expected base64`);
  const [spec, second] = protocolModel.signature.inputs;
  if (spec === undefined || second !== undefined)
    throw new InputError(`binData needs a model with one input, this one has ${protocolModel.inputs.size}`);
  const bytes = Buffer.from(value, 'base64');
  return takesBytes(spec)
    ? new Map([[spec.name, decodeRaw(spec, bytes)]])
    : readValue(bodyText(bytes), protocolModel).inputs;
}
