import { gunzipSync, inflateSync } from 'node:zlib';
import { protocolOf } from '../../core/protocols/protocols.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';

const strings = (body: Record<string, unknown>, ...keys: string[]): boolean =>
  Object.keys(body).length >= keys.length && keys.every((key) => typeof body[key] === 'string');

const errorText = (body: Record<string, unknown>): boolean => Object.keys(body).length === 1 && strings(body, 'error');

/** What protocols have and this server has not: all that may be answered with 501. */
const UNSUPPORTED = /tftensor is not|customData is not|unload is not allowed|has no baseline/;

/** Whether a body is the error of a protocol. */
const ERROR_FORMS: Readonly<Record<string, (body: Record<string, unknown>, status: number) => boolean>> = {
  v2: errorText,
  v1: errorText,
  trimtab: errorText,
  openapi: errorText,
  none: errorText,
  torchserve: (body, status) => body.code === status && strings(body, 'type', 'message'),
  sagemaker: (body, status) =>
    strings(body, 'ErrorCode', 'Message') && (body.ErrorCode !== 'ModelError' || body.OriginalStatusCode === status),
  mlflow: (body) => Object.keys(body).length === 2 && strings(body, 'error_code', 'message'),
  seldon: ({ status }) => {
    const own = status as Record<string, unknown>;
    return own.status === 1 && own.code === -1 && strings(own, 'info', 'reason');
  },
};

/**
 * What is wrong with the answer to a bad request; undefined when nothing is. It may well be a success, where what was
 * changed did not matter.
 */
export function responseProblem(request: HttpRequest, response: HttpResponse): string | undefined {
  return problemOf(response, request.method === 'HEAD' ? undefined : [protocolOf(request).name]);
}

/** The same of what was no request that could be read: any protocol's form will do. */
export const malformedRequestProblem = (response: HttpResponse): string | undefined =>
  problemOf(response, Object.keys(ERROR_FORMS));

/** @param names of the protocols one of whose errors it may be; undefined where there is no body */
function problemOf(response: HttpResponse, names: readonly string[] | undefined): string | undefined {
  const { status, headers } = response;
  if (status >= 500 && !(status === 501 && UNSUPPORTED.test(plain(response)))) return `status ${status}`;
  if (headers['x-request-id'] === undefined) return `no x-request-id with status ${status}`;
  for (const [name, value] of Object.entries(headers))
    if (!/^[a-z0-9-]+$/.test(name) || !/^[\x20-\x7e]*$/.test(value)) return `header ${name} cannot be sent`;
  if (status === 405 && headers.allow === undefined) return 'no allow';
  if (status < 400) return status === 200 || status === 202 ? undefined : `status ${status}`;
  if (names === undefined) return undefined;
  const text = plain(response);
  if (text.length > 8_192) return `an error of ${text.length} characters`;
  if (/\n\s+at |node_modules|\.ts:\d|\/tmp\//.test(text) || text.includes(process.cwd())) return `internals in ${text}`;
  return names.some((name) => fits(name, text, status))
    ? undefined
    : `no error of ${names.join(' or ')}: ${text.slice(0, 200)}`;
}

function fits(name: string, text: string, status: number): boolean {
  try {
    return ERROR_FORMS[name]!(JSON.parse(text), status);
  } catch {
    return false;
  }
}

const DECODERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = { gzip: gunzipSync, deflate: inflateSync };

/** The body without its compression. */
function plain({ headers, body }: HttpResponse): string {
  const bytes = Buffer.from(body as Uint8Array);
  const decode = DECODERS[headers['content-encoding'] ?? ''];
  return (decode === undefined ? bytes : decode(bytes)).toString('utf8');
}

/** A request as somebody may read and repeat it. */
export const formatRequest = ({ method, path, query, headers, body }: HttpRequest): string =>
  `${method} ${JSON.stringify(path.slice(0, 200))} ${JSON.stringify(query)} ${JSON.stringify(headers).slice(0, 500)} ${
    typeof body === 'string' ? JSON.stringify(body.slice(0, 500)) : Buffer.from(body.subarray(0, 300)).toString('hex')
  }`;
