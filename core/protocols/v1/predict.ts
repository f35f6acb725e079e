import type { HttpRequest, HttpResponse } from '../../serving/http.ts';
import { bodyText, parseJson } from '../formats/json.ts';
import { columnsText, commonRows, rowsText } from '../formats/nested.ts';
import { assertComplete, kindOf } from '../formats/tensors.ts';
import { isBytes, isObject, type Json, readColumns, readRows } from '../formats/values.ts';
import { clip, type InferCall, type InferResult, ProtocolError, type ProtocolModel } from '../protocol.ts';

/** Which keys the answer has: `predictions` by row, `outputs` by column, or both where two servers share the URL. */
type Answer = 'predictions' | 'both';

/** Decodes a predict request in row format (`instances`) or column format (`inputs`). */
export function decodeV1(request: HttpRequest, wire: ProtocolModel): InferCall {
  const message = readMessage(request, wire, 'instances or inputs');
  const { instances, inputs, parameters } = message;
  if ((instances === undefined) === (inputs === undefined))
    throw new ProtocolError(400, 'expected either instances or inputs, and not both');
  // KServe takes `inputs` for another word for `instances`: a list of plain objects can only be meant so.
  const byRow = instances !== undefined || (Array.isArray(inputs) && isObject(inputs[0]) && !isBytes(inputs[0]));
  const tensors = byRow ? readRows(instances ?? inputs, wire) : readColumns(inputs, wire);
  assertComplete(wire, tensors);
  return {
    inputs: tensors,
    parameters: isObject(parameters) ? parameters : undefined,
    encode: (result) => encode(result, wire, byRow ? 'predictions' : 'both'),
  };
}

/** Names of the only signature: TensorFlow's own, and those by which its documents call it for what is asked. */
const SIGNATURES: ReadonlySet<unknown> = new Set([
  '',
  'serving_default',
  ...['predict', 'classify', 'regress'].map((method) => `tensorflow/serving/${method}`),
]);

/** The body as an object, for the only signature there is. @throws ProtocolError 400 */
export function readMessage(request: HttpRequest, wire: ProtocolModel, keys: string): Json {
  const message = parseJson(bodyText(request.body), wire.exact);
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

function encode(result: InferResult, wire: ProtocolModel, answer: Answer): HttpResponse {
  const specs = wire.signature.outputs;
  const parts: string[] = [];
  const rows = commonRows(result, specs);
  if (rows !== undefined) parts.push(`"predictions":[${rowsText(result, specs, rows, { tokens: wire.tokens })}]`);
  else if (answer === 'predictions')
    throw new ProtocolError(400, 'the outputs have no common batch size, use inputs instead of instances');
  if (answer === 'both') parts.push(`"outputs":${columnsText(result, specs, wire.tokens)}`);
  return { status: 200, headers: { 'content-type': 'application/json' }, body: `{${parts.join(',')}}` };
}
