import type { HttpRequest, HttpResponse } from '../../serving/http.ts';
import { readInputs, readInstances } from '../formats/instance.ts';
import { bodyText, parseJson } from '../formats/json.ts';
import { assertByRow, columnsText, isByRow, rowsText } from '../formats/nested.ts';
import { assertComplete, kindOf } from '../formats/tensors.ts';
import { isBytes, isObject, type Json } from '../formats/values.ts';
import { clip, type InferCall, type InferResult, ProtocolError, type ProtocolModel } from '../protocol.ts';

/** Which keys the answer has: `predictions` by row, `outputs` by column, or both where two servers share the URL. */
type Answer = 'predictions' | 'both';

/** Decodes a predict request in row format (`instances`) or column format (`inputs`). */
export function decodeV1(request: HttpRequest, protocolModel: ProtocolModel): InferCall {
  const message = readMessage(request, protocolModel, 'instances or inputs');
  const { instances, inputs, parameters } = message;
  if ((instances === undefined) === (inputs === undefined))
    throw new ProtocolError(400, 'expected either instances or inputs, and not both');
  // KServe takes `inputs` for another word for `instances`: a list of plain objects can only be meant so.
  const byRow = instances !== undefined || (Array.isArray(inputs) && isObject(inputs[0]) && !isBytes(inputs[0]));
  const tensors = byRow ? readInstances(instances ?? inputs, protocolModel) : readInputs(inputs, protocolModel);
  assertComplete(protocolModel, tensors);
  return {
    inputs: tensors,
    parameters: isObject(parameters) ? parameters : undefined,
    encode: (result) => encode(result, protocolModel, byRow ? 'predictions' : 'both'),
  };
}

/** Names of the only signature: TensorFlow's own, and those by which its documents call it for what is asked. */
const SIGNATURES: ReadonlySet<unknown> = new Set([
  '',
  'serving_default',
  ...['predict', 'classify', 'regress'].map((method) => `tensorflow/serving/${method}`),
]);

/** The body as an object, for the only signature there is. @throws ProtocolError 400 */
export function readMessage(request: HttpRequest, protocolModel: ProtocolModel, keys: string): Json {
  const message = parseJson(bodyText(request.body), protocolModel.exact);
  if (!isObject(message))
    throw new ProtocolError(400, `the body is ${kindOf(message)}, expected an object with ${keys}`);
  const { signature_name: signature } = message;
  if (signature !== undefined && !SIGNATURES.has(signature))
    throw new ProtocolError(
      400,
      `no signature ${typeof signature === 'string' ? clip(signature) : kindOf(signature)}, there is serving_default`,
    );
  return message;
}

function encode(result: InferResult, protocolModel: ProtocolModel, answer: Answer): HttpResponse {
  const specs = protocolModel.signature.outputs;
  const parts: string[] = [];
  if (answer === 'predictions')
    assertByRow(result, specs, 'send whole tensors as inputs instead of instances, or use v2');
  if (isByRow(result, specs))
    parts.push(`"predictions":[${rowsText(result, specs, { tokens: protocolModel.tokens })}]`);
  if (answer === 'both') parts.push(`"outputs":${columnsText(result, specs, protocolModel.tokens)}`);
  return { status: 200, headers: { 'content-type': 'application/json' }, body: `{${parts.join(',')}}` };
}
