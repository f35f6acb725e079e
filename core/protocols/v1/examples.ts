import type { Feature } from '../../contract/contract.ts';
import { InputError } from '../../contract/input-error.ts';
import type { RawTensor } from '../../contract/raw-tensor.ts';
import type { TensorSpec } from '../../model/signature.ts';
import type { TensorData } from '../../model/tensor.ts';
import type { HttpRequest, HttpResponse } from '../../serving/http.ts';
import { assertByRow } from '../formats/nested.ts';
import { assertComplete, elementsText, kindOf } from '../formats/tensors.ts';
import { isObject, type Json, readRows } from '../formats/values.ts';
import { clip, type InferCall, type InferResult, ProtocolError, type ProtocolModel } from '../protocol.ts';
import { readMessage } from './predict.ts';

/**
 * Decodes TensorFlow Serving's classify request: `examples`, each an object of features, and `context`, features that
 * all of them share. The answer is a list of `[label, score]` an example, in the order of the model's classes.
 *
 * @throws ProtocolError 400 also for a model without an output of scores
 */
export function decodeClassify(request: HttpRequest, protocolModel: ProtocolModel): InferCall {
  const spec = scoresOf(protocolModel);
  const labels = protocolModel.labels.get(spec.name) ?? [];
  return decode(request, protocolModel, spec, (tensor, row, width) => {
    const pair = (_: unknown, i: number) =>
      `[${JSON.stringify(labels[i] ?? String(i))},${elementsText(tensor, row * width + i, row * width + i + 1, protocolModel.tokens)}]`;
    return `[${Array.from({ length: width }, pair).join(',')}]`;
  });
}

/**
 * Decodes TensorFlow Serving's regress request, whose answer is one value an example.
 *
 * @throws ProtocolError 400 also for a model without such an output
 */
export const decodeRegress = (request: HttpRequest, protocolModel: ProtocolModel): InferCall =>
  decode(request, protocolModel, outputOf(protocolModel), (tensor, row, width) => {
    if (width !== 1) throw new ProtocolError(400, `the output has ${width} values a row, use :predict`);
    return elementsText(tensor, row, row + 1, protocolModel.tokens);
  });

/** What is said of one row of an output, `width` elements wide. */
type RowText = (tensor: TensorData, row: number, width: number) => string;

function decode(request: HttpRequest, protocolModel: ProtocolModel, spec: TensorSpec, text: RowText): InferCall {
  const { examples, context } = readMessage(request, protocolModel, 'examples');
  const inputs = readExamples(examples, context, protocolModel);
  assertComplete(protocolModel, inputs);
  return { inputs, outputs: [spec.name], encode: (result) => encode(result, spec, text) };
}

function encode(result: InferResult, spec: TensorSpec, text: RowText): HttpResponse {
  const tensor = result.outputs[spec.name]!;
  const { rows } = result;
  assertByRow(result, [spec], 'send whole tensors to :predict as inputs, or use v2');
  const results = Array.from({ length: rows }, (_, row) => text(tensor, row, tensor.data.length / rows));
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: `{"results":[${results.join(',')}]}`,
  };
}

/** The output with a score a class: the one that the manifest calls probabilities, or has labels for, or floats [n, k]. */
function scoresOf({ signature: { outputs }, meanings, labels }: ProtocolModel): TensorSpec {
  const found =
    outputs.find(({ name }) => meanings.get(name) === 'probabilities') ??
    outputs.find(({ name }) => labels.has(name)) ??
    outputs.find((spec) => isFloat(spec) && spec.shape.length === 2);
  if (found !== undefined) return found;
  throw new ProtocolError(400, 'the model has no output with a score a class, use :predict');
}

/** The output with one number a row: the one that the manifest calls a value or a score, or floats [n] or [n, 1]. */
function outputOf({ signature: { outputs }, meanings }: ProtocolModel): TensorSpec {
  const found =
    outputs.find(({ name }) => meanings.get(name) === 'value') ??
    outputs.find(({ name }) => meanings.get(name) === 'score') ??
    outputs.find(
      (spec) => isFloat(spec) && (spec.shape.length === 1 || (spec.shape.length === 2 && spec.shape[1] === 1)),
    );
  if (found !== undefined) return found;
  throw new ProtocolError(400, 'the model has no output with one value a row, use :predict');
}

const isFloat = ({ type }: TensorSpec): boolean => type.startsWith('float');

/** Examples as rows. A feature is a value or a list, as those of tf.Example are lists; its key is an input or a feature. */
function readExamples(examples: unknown, context: unknown, protocolModel: ProtocolModel): Map<string, RawTensor> {
  if (!Array.isArray(examples)) throw new InputError(`examples is ${kindOf(examples)}, expected an array of objects`);
  if (examples.length === 0) throw new InputError('examples is empty, expected at least one');
  if (context !== undefined && !isObject(context))
    throw new InputError(`context is ${kindOf(context)}, expected an object of features`);
  const parts = protocolModel.signature.inputs.map((spec) => ({
    spec,
    features: protocolModel.features.filter(({ input, index }) => input === spec.name && index !== undefined),
  }));
  const keys = new Set(parts.flatMap(({ spec, features }) => [spec.name, ...features.map(({ name }) => name)]));
  const rows = examples.map((example: unknown, row): Json => {
    if (!isObject(example))
      throw new InputError(`example ${row} is ${kindOf(example)}, expected an object of features`);
    const given: Json = context === undefined ? example : { ...context, ...example };
    const unknown = Object.keys(given).find((key) => !keys.has(key));
    if (unknown !== undefined)
      throw new InputError(
        `example ${row} has ${clip(unknown)}, the model takes ${[...keys].slice(0, 100).join(', ')}`,
      );
    return Object.fromEntries(
      parts.flatMap(({ spec, features }) => {
        if (Object.hasOwn(given, spec.name)) return [[spec.name, valueIn(given[spec.name], spec)]];
        if (features.length === 0) return [];
        return [[spec.name, features.map((feature) => single(given, feature, row))]];
      }),
    );
  });
  return readRows(rows, protocolModel);
}

/** One value of a list of one, where the input has one value a row: some examples may have the list, others not. */
const valueIn = (value: unknown, { shape }: TensorSpec): unknown =>
  Array.isArray(value) && value.length === 1 && (shape.length === 1 || (shape.length === 2 && shape[1] === 1))
    ? value[0]
    : value;

function single(given: Json, { name, missing }: Feature, row: number): unknown {
  if (!Object.hasOwn(given, name)) {
    if (missing === 'allow') return null;
    throw new InputError(`example ${row} lacks ${name}`);
  }
  const value = given[name];
  if (!Array.isArray(value)) return value;
  if (value.length !== 1) throw new InputError(`example ${row}: ${name} has ${value.length} values, expected one`);
  return value[0];
}
