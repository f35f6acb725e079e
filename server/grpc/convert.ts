import { InputError } from '../../core/contract/input-error.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import type { GrpcParameters, ModelInferRequest, ModelInferResponse, Parameter, WireTensor } from './messages.ts';
import { contentsOf, elementBytes } from './tensor-contents.ts';

const JSON_LENGTH = 'inference-header-content-length';

type Json = Readonly<Record<string, unknown>>;

/** HTTP path of a model below /v2. @throws InputError for an invalid model name or version */
export function modelPath(model: string, version: string, what = ''): string {
  for (const part of [model, version])
    if (!/^[^/?#%]{0,200}$/.test(part)) throw new InputError(`'${part.slice(0, 64)}' is no name of a model or version`);
  if (model === '') throw new InputError('the name of the model is missing');
  return `/v2/models/${model}${version === '' ? '' : `/versions/${version}`}${what}`;
}

/**
 * Converts an inference call to the equivalent HTTP request: the JSON head, followed by the tensors as binary data. Both
 * transports thus share one decoder, and routing, guards and metrics apply to gRPC calls without code of their own.
 *
 * @throws InputError when raw and typed contents are mixed or do not agree with the inputs
 */
export function toHttpRequestOfCall(
  message: ModelInferRequest,
  headers: HttpRequest['headers'],
  who: Pick<HttpRequest, 'caller' | 'principal' | 'credential' | 'models'>,
): HttpRequest {
  const { inputs, raw_input_contents: raw } = message;
  if (raw.length > 0 && raw.length !== inputs.length)
    throw new InputError(`raw_input_contents has ${raw.length} entries, there are ${inputs.length} inputs`);
  const blocks = inputs.map((input, i) => {
    if (raw.length === 0) return elementBytes(input.name, input.datatype, input.contents ?? {});
    if (hasContents(input))
      throw new InputError(`input ${input.name}: contents are given beside raw_input_contents, send one of them`);
    return raw[i]!;
  });
  const head = Buffer.from(
    JSON.stringify({
      ...(message.id === '' ? {} : { id: message.id }),
      parameters: { ...plain(message.parameters), binary_data_output: true },
      inputs: inputs.map(({ name, datatype, shape, parameters }, i) => ({
        name,
        datatype,
        shape: shape.map(Number),
        parameters: { ...plain(parameters), binary_data_size: blocks[i]!.length },
      })),
      outputs: message.outputs.map(({ name, parameters }) => ({ name, parameters: plain(parameters) })),
    }),
  );
  return {
    method: 'POST',
    path: modelPath(message.model_name, message.model_version, '/infer'),
    query: {},
    headers: { ...headers, [JSON_LENGTH]: String(head.length), 'content-type': 'application/octet-stream' },
    body: Buffer.concat([head, ...blocks]),
    ...who,
  };
}

const hasContents = ({ contents }: WireTensor): boolean =>
  Object.values(contents ?? {}).some((values) => Array.isArray(values) && values.length > 0);

/**
 * Converts an HTTP response to the gRPC message.
 *
 * @param raw whether the tensors go into raw_output_contents, as when the inputs came that way; they always do when a
 *   datatype has no typed contents
 */
export function responseOf({ headers, body }: HttpResponse, raw: boolean): ModelInferResponse {
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.length);
  const length = Number(headers[JSON_LENGTH] ?? bytes.length);
  const head = JSON.parse(bytes.toString('utf8', 0, length)) as {
    model_name: string;
    model_version: string;
    id: string;
    parameters?: Json;
    outputs: { name: string; datatype: string; shape: number[]; parameters: Json }[];
  };
  let at = length;
  const blocks = head.outputs.map(({ parameters }) => {
    const from = at;
    at += Number(parameters.binary_data_size);
    return bytes.subarray(from, at);
  });
  const contents = raw ? [] : head.outputs.map(({ datatype }, i) => contentsOf(datatype, blocks[i]!));
  const typed = !raw && contents.every((each) => each !== undefined);
  return {
    model_name: head.model_name,
    model_version: head.model_version,
    id: head.id,
    parameters: wired(head.parameters ?? {}),
    outputs: head.outputs.map(({ name, datatype, shape, parameters }, i) => {
      const { binary_data_size: _, ...rest } = parameters;
      return {
        name,
        datatype,
        shape: shape.map(String),
        parameters: wired(rest),
        ...(typed ? { contents: contents[i]! } : {}),
      };
    }),
    raw_output_contents: typed ? [] : blocks,
  };
}

/** Parameters as JSON. Those about binary data are left out, because the conversion sets them. */
function plain(parameters: GrpcParameters = {}): Json {
  const values: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    const choice = parameter.parameter_choice;
    if (choice === undefined || name.startsWith('binary_data')) continue;
    const value = parameter[choice];
    const whole = choice === 'int64_param' || choice === 'uint64_param';
    values[name] = whole && Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  return values;
}

function wired(values: Json): GrpcParameters {
  const parameters: Record<string, Parameter> = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'boolean') parameters[name] = { bool_param: value };
    else if (typeof value === 'string') parameters[name] = { string_param: value };
    else if (Number.isSafeInteger(value)) parameters[name] = { int64_param: String(value) };
    else if (typeof value === 'number') parameters[name] = { double_param: value };
  }
  return parameters;
}
