import type { HttpRequest, HttpResponse } from '../../serving/http.ts';
import { explainCall } from '../explain-call.ts';
import { type Read, readValue } from '../formats/instance.ts';
import { bodyText, parseJson } from '../formats/json.ts';
import { isJsonType, type Media, mediaOf } from '../formats/media.ts';
import { predictionsText } from '../formats/nested.ts';
import { isObject } from '../formats/values.ts';
import { type Decode, type ExplainCall, type InferCall, json, type ProtocolModel } from '../protocol.ts';
import { decodeV1 } from '../v1/predict.ts';
import { decodeRaw, takesBytes } from '../v2/binary.ts';
import { type FormField, formFields, readFields } from './form.ts';

/**
 * Decodes a body as TorchServe hands it to a handler: JSON, a form, text, or bytes. One instance is answered by its
 * prediction alone, a batch by a list, and KServe's `instances` by KServe's `predictions`.
 */
export const decodeTorchServe: Decode = (request, protocolModel) =>
  decodeBody(request, mediaOf(request.headers['content-type']), protocolModel);

/** The explanation alone, without the prediction. */
export const decodeTorchServeExplain: Decode<ExplainCall> = (request, protocolModel) => ({
  ...explainCall(decodeTorchServe(request, protocolModel), request),
  encode: ({ explanation }) => json(200, explanation),
});

function decodeBody(request: Pick<HttpRequest, 'body'>, media: Media, protocolModel: ProtocolModel): InferCall {
  const { body } = request;
  const { type } = media;
  if (isJsonType(type) || looksLikeJson(body, type)) return decodeJson(request as HttpRequest, protocolModel);
  if (type === 'multipart/form-data' || (type === FORM && isText(body))) {
    const fields = formFields(body, media);
    const whole = wholeBody(fields, protocolModel);
    return whole === undefined
      ? call(readFields(fields, protocolModel), protocolModel)
      : decodeBody(whole, mediaOf(typeOf(whole)), protocolModel);
  }
  const [spec, second] = protocolModel.signature.inputs;
  if (spec !== undefined && second === undefined && takesBytes(spec) && isBytes(body, type))
    return call({ inputs: new Map([[spec.name, decodeRaw(spec, body)]]), asking: 'instance' }, protocolModel);
  const text = bodyText(body);
  if (spec !== undefined && second === undefined && spec.type === 'string')
    return call(readValue(text, protocolModel), protocolModel);
  return decodeJson(request as HttpRequest, protocolModel);
}

function decodeJson(request: HttpRequest, protocolModel: ProtocolModel): InferCall {
  const text = bodyText(request.body);
  const message = parseJson(text, protocolModel.exact);
  if (isObject(message)) {
    const named = (key: string): boolean => Object.hasOwn(message, key) && !protocolModel.inputs.has(key);
    if (named('instances') || named('inputs')) return decodeV1({ ...request, body: text }, protocolModel);
    for (const key of WHOLE)
      if (named(key) && Object.keys(message).length === 1)
        return call(readValue(message[key], protocolModel), protocolModel);
  }
  return call(readValue(message, protocolModel), protocolModel);
}

const FORM = 'application/x-www-form-urlencoded';

/** What default handlers take for the body itself. */
const WHOLE = ['data', 'body'] as const;

/** The only field, where it stands for the body: `curl -F data=@image.bin`. */
function wholeBody(fields: readonly FormField[], protocolModel: ProtocolModel): FormField | undefined {
  const [field, second] = fields;
  if (field === undefined || second !== undefined || protocolModel.inputs.has(field.name)) return undefined;
  return WHOLE.some((name) => name === field.name) ? field : undefined;
}

/** `curl -F` calls every file bytes whose kind it does not know, JSON among them. */
function typeOf({ type, body }: FormField): string | undefined {
  return type === 'application/octet-stream' && looksLikeJson(body, '') && isText(body) ? '' : type;
}

/** `curl -d` calls everything a form, and many clients give no type at all. */
function looksLikeJson(body: Uint8Array | string, type: string): boolean {
  if (type !== '' && type !== FORM && !type.startsWith('text/')) return false;
  const start = typeof body === 'string' ? body.slice(0, 64) : String.fromCharCode(...body.subarray(0, 64));
  return /^\s*[[{]/.test(start);
}

/** Bytes rather than text: by their type, else because they are no UTF-8. */
function isBytes(body: Uint8Array | string, type: string): boolean {
  if (type.startsWith('text/')) return false;
  return (type !== '' && type !== FORM) || !isText(body);
}

function isText(body: Uint8Array | string): boolean {
  try {
    bodyText(body);
    return true;
  } catch {
    return false;
  }
}

const call = ({ inputs, asking }: Read, protocolModel: ProtocolModel): InferCall => ({
  inputs,
  encode: (result): HttpResponse => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: predictionsText(result, protocolModel.signature.outputs, { asking }),
  }),
});
