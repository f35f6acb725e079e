import type { TensorData } from '../../model/tensor.ts';
import type { HttpResponse } from '../../serving/http.ts';
import { elementsText } from '../formats/tensors.ts';
import type { InferResult } from '../protocol.ts';
import { encodeBinary, JSON_LENGTH_HEADER } from './binary.ts';
import { type Classification, classified } from './classification.ts';
import { datatypeOf } from './datatypes.ts';

/** One output as it was asked for. */
export interface RequestedOutput {
  readonly name: string;
  readonly binary: boolean;
  /** The best classes instead of the tensor itself. */
  readonly classes?: Classification | undefined;
}

/** The answer, its JSON written by hand: every number is turned into text once, and no tree is built first. */
export function encodeV2(result: InferResult, wanted: readonly RequestedOutput[]): HttpResponse {
  const { model, version, id, parameters } = result;
  let text = `{"model_name":${JSON.stringify(model)},"model_version":"${version}","id":${JSON.stringify(id)},`;
  if (parameters !== undefined) text += `"parameters":${JSON.stringify(parameters)},`;
  text += '"outputs":[';
  const blocks: Uint8Array[] = [];
  for (let i = 0; i < wanted.length; i++) {
    const { name, binary, classes } = wanted[i]!;
    const tensor = classes === undefined ? result.outputs[name]! : classified(result.outputs[name]!, classes);
    text += `${i === 0 ? '' : ','}{"name":${JSON.stringify(name)},"datatype":"${datatypeOf(tensor.type)}","shape":[${tensor.shape.join(',')}],`;
    text += binary ? binaryText(tensor, blocks) : `"data":[${elementsText(tensor, 0, tensor.data.length)}]}`;
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

function binaryText(tensor: TensorData, blocks: Uint8Array[]): string {
  const block = encodeBinary(tensor);
  blocks.push(block);
  return `"parameters":{"binary_data_size":${block.length}}}`;
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
