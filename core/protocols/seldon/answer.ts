import type { TensorSpec } from '../../model/signature.ts';
import type { TensorData } from '../../model/tensor.ts';
import type { HttpResponse } from '../../serving/http.ts';
import { exactText } from '../formats/exact-text.ts';
import { type Asking, assertByRow, nestedText, predictionsText } from '../formats/nested.ts';
import { elementsText } from '../formats/tensors.ts';
import { type InferResult, ProtocolError, type ProtocolModel } from '../protocol.ts';
import { encodeBinary } from '../v2/binary.ts';
import type { Meta } from './message.ts';

/** How a message carries its values; an answer has the representation of its request. */
export type Representation = 'tensor' | 'ndarray' | 'strData' | 'jsonData' | 'binData';

export interface ResponseOptions {
  readonly meta: Meta;
  readonly representation: Representation;
  readonly asking: Asking;
}

/**
 * A Seldon message with the outputs in the representation of the request. An array has the columns of all outputs side
 * by side, each under its name.
 */
export function encodeSeldon(
  result: InferResult,
  protocolModel: ProtocolModel,
  { meta, representation, asking }: ResponseOptions,
): HttpResponse {
  const tags = meta.tags === undefined ? '' : `"tags":${exactText(meta.tags)},`;
  const frame = `"meta":{"puid":${JSON.stringify(result.id)},${tags}"requestPath":{${JSON.stringify(result.model)}:"trimtab:${result.version}"}}`;
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...puidHeader(result.id) },
    body: `{${payload(result, protocolModel, representation, asking)},${frame}}`,
  };
}

/** A header takes printable ASCII only; another id is in the body alone. */
const puidHeader = (id: string): Record<string, string> => (/^[\x21-\x7e]+$/.test(id) ? { 'seldon-puid': id } : {});

function payload(
  result: InferResult,
  protocolModel: ProtocolModel,
  representation: Representation,
  asking: Asking,
): string {
  const specs = protocolModel.signature.outputs;
  switch (representation) {
    case 'jsonData':
      return `"jsonData":${predictionsText(result, specs, { asking, instead: INSTEAD })}`;
    case 'strData':
      return `"strData":${JSON.stringify(plainText(result, specs, asking))}`;
    case 'binData':
      return `"binData":"${Buffer.concat(specs.map(({ name }) => encodeBinary(result.outputs[name]!))).toString('base64')}"`;
    default: {
      const tensors = specs.map(({ name }) => result.outputs[name]!);
      const names = `"names":${JSON.stringify(columnNames(tensors, protocolModel))}`;
      const numbers = tensors.every(({ type }) => type !== 'string');
      const array = representation === 'tensor' && numbers ? tensorText(tensors) : ndarrayText(result, specs);
      return `"data":{${names},${array}}`;
    }
  }
}

/** What has no rows: an array with its shape beside it, and an object of whole tensors. */
const INSTEAD = 'send a tensor, or jsonData with an object of whole inputs, or use v2';

/** One text as it is, everything else as JSON. */
function plainText(result: InferResult, specs: readonly TensorSpec[], asking: Asking): string {
  const tensor = result.outputs[specs[0]!.name]!;
  const bare = specs.length === 1 && asking === 'instance' && tensor.type === 'string' && tensor.data.length === 1;
  return bare ? (tensor.data[0] as string) : predictionsText(result, specs, { asking, instead: INSTEAD });
}

/** Labels where there are some, `t:0`, `t:1`, … for the columns of the only output, else the output's name. */
function columnNames(tensors: readonly TensorData[], protocolModel: ProtocolModel): string[] {
  const specs = protocolModel.signature.outputs;
  return tensors.flatMap(({ shape }, i) => {
    if (shape.length > 2) return [];
    const { name } = specs[i]!;
    const width = shape[1] ?? 1;
    const labels = protocolModel.labels.get(name);
    if (labels?.length === width) return tensors.length === 1 ? labels : labels.map((label) => `${name}:${label}`);
    const prefix = tensors.length === 1 ? 't' : name;
    if (width === 1 && tensors.length > 1) return [name];
    return Array.from({ length: width }, (_, column) => `${prefix}:${column}`);
  });
}

/** @throws ProtocolError 400 when the outputs do not lie side by side */
function assertTable(tensors: readonly TensorData[]): number {
  const rows = tensors[0]!.shape[0];
  if (rows === undefined || tensors.some(({ shape }) => shape[0] !== rows || shape.length > 2))
    throw new ProtocolError(400, 'the outputs do not fit into one array, send jsonData to get them by name');
  return rows;
}

function ndarrayText(result: InferResult, specs: readonly TensorSpec[]): string {
  assertByRow(result, specs, INSTEAD);
  const tensors = specs.map(({ name }) => result.outputs[name]!);
  if (tensors.length === 1) return `"ndarray":${nestedText(tensors[0]!, specs[0]!.name)}`;
  const rows = assertTable(tensors);
  const lines = Array.from({ length: rows }, (_, row) => `[${tensors.map((tensor) => cells(tensor, row)).join(',')}]`);
  return `"ndarray":[${lines.join(',')}]`;
}

/** The numbers of all columns, truth values as 1 and 0. */
function tensorText(tensors: readonly TensorData[]): string {
  const numbers = tensors.map((tensor): TensorData => (tensor.type === 'bool' ? { ...tensor, type: 'uint8' } : tensor));
  const [only, second] = numbers;
  if (second === undefined)
    return `"tensor":{"shape":[${only!.shape.join(',')}],"values":[${elementsText(only!, 0, only!.data.length)}]}`;
  const rows = assertTable(numbers);
  const width = numbers.reduce((sum, { shape }) => sum + (shape[1] ?? 1), 0);
  const lines = Array.from({ length: rows }, (_, row) => numbers.map((tensor) => cells(tensor, row)).join(','));
  return `"tensor":{"shape":[${rows},${width}],"values":[${lines.join(',')}]}`;
}

function cells(tensor: TensorData, row: number): string {
  const width = tensor.shape[1] ?? 1;
  return elementsText(tensor, row * width, (row + 1) * width);
}
