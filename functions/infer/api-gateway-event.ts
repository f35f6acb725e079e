import { callerOfAddress } from '../../core/guards/caller.ts';
import { protocolOf } from '../../core/protocols/protocols.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';

/**
 * Event of an HTTP API (payload format 2.0) or a function URL, with the members that are read here.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export interface HttpEvent {
  readonly rawPath: string;
  readonly rawQueryString?: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
  readonly requestContext: {
    readonly stage?: string;
    /** Of what came by an API or a function URL. */
    readonly apiId?: string;
    readonly http: { readonly method: string; readonly sourceIp?: string };
    /** What became of the caller's credentials. */
    readonly authorizer?: unknown;
  };
}

/**
 * Checks the type of an event. It is written by hand because it runs for every request, and a zod schema takes ten times
 * as long.
 *
 * @throws TypeError naming the invalid member
 */
export function httpEventOf(event: unknown): HttpEvent {
  const { rawPath, rawQueryString, headers, body, isBase64Encoded, requestContext } = keysOf(event, 'the event');
  const { stage, http } = keysOf(requestContext, 'requestContext');
  const { method, sourceIp } = keysOf(http, 'requestContext.http');
  must(typeof rawPath === 'string', 'rawPath', rawPath);
  must(rawQueryString === undefined || typeof rawQueryString === 'string', 'rawQueryString', rawQueryString);
  must(typeof headers === 'object' && headers !== null, 'headers', headers);
  for (const name in headers as object) {
    const value = (headers as Keys)[name];
    must(value === undefined || typeof value === 'string', 'a header', value);
  }
  must(body === undefined || body === null || typeof body === 'string', 'body', body);
  must(isBase64Encoded === undefined || typeof isBase64Encoded === 'boolean', 'isBase64Encoded', isBase64Encoded);
  must(stage === undefined || typeof stage === 'string', 'requestContext.stage', stage);
  must(typeof method === 'string', 'requestContext.http.method', method);
  must(sourceIp === undefined || typeof sourceIp === 'string', 'requestContext.http.sourceIp', sourceIp);
  return event as HttpEvent;
}

type Keys = Readonly<Record<string, unknown>>;

function keysOf(value: unknown, whose: string): Keys {
  must(typeof value === 'object' && value !== null, whose, value);
  return value as Keys;
}

function must(holds: boolean, key: string, received: unknown): void {
  if (!holds) throw new TypeError(`${key} is of type ${typeof received}, expected an event of an HTTP API, format 2.0`);
}

export interface HttpResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/**
 * Converts an event to a request, and decodes its body.
 *
 * @param base - path under a domain of one's own that the API is at, as {@link basePath} gives it
 */
export function toHttpRequest(event: HttpEvent, base?: string): HttpRequest {
  const { rawQueryString: query, headers, body, isBase64Encoded, requestContext } = event;
  return {
    method: requestContext.http.method,
    path: pathOf(event, base),
    query: query === undefined || query === '' ? NO_QUERY : Object.fromEntries(new URLSearchParams(query)),
    headers,
    body: isBase64Encoded ? Buffer.from(body ?? '', 'base64') : (body ?? ''),
    ...identityOf(requestContext),
  };
}

const NO_QUERY: HttpRequest['query'] = {};

/**
 * The authenticated principal, else the source address. Both are set by AWS; headers, which callers can choose, are not
 * used. For an assumed role it is the role without the session name, which callers can choose as well.
 *
 * The caller is told apart by how it was authenticated and by whom; the principal is its bare identity, by which it can
 * be looked for again.
 */
function identityOf({ authorizer, http }: HttpEvent['requestContext']): Pick<HttpRequest, 'caller' | 'principal'> {
  if (authorizer !== undefined && authorizer !== null) {
    const identity =
      textAt(authorizer, 'iam', 'cognitoIdentity', 'identityId') ??
      textAt(authorizer, 'iam', 'callerId')?.split(':')[0];
    if (identity) return { caller: `iam ${identity}`, principal: identity };
    const subject = textAt(authorizer, 'jwt', 'claims', 'sub') ?? textAt(authorizer, 'jwt', 'claims', 'client_id');
    if (subject) return { caller: `jwt ${textAt(authorizer, 'jwt', 'claims', 'iss')} ${subject}`, principal: subject };
    const principal = textAt(authorizer, 'lambda', 'principalId');
    if (principal) return { caller: `principal ${principal}`, principal };
  }
  return { caller: http.sourceIp && callerOfAddress(http.sourceIp) };
}

/** A string or number at a path inside the authorizer's context; undefined when there is none. */
function textAt(value: unknown, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Keys)[key];
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** What a path begins with under a base path: `/models/` of `models`. */
export const basePath = (text: string | undefined): string | undefined => (text ? `/${text}/` : undefined);

/**
 * The path without the prefix of a named stage, and without the base path where it is there (AWS documents that the event
 * is without it, and events with it have been seen), percent-decoded; an invalid one is returned unchanged.
 */
function pathOf({ rawPath, requestContext }: HttpEvent, base: string | undefined): string {
  const staged = without(`/${requestContext.stage ?? '$default'}/`, rawPath);
  const path = base === undefined ? staged : without(base, staged);
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const without = (prefix: string, path: string): string =>
  path.startsWith(prefix) ? path.slice(prefix.length - 1) : path;

/** Largest response of a function; Lambda fails a larger one. */
export const RESULT_LIMIT = 6 * 1024 * 1024 - 10_240;

/** Converts a response to the result of the function. One that is too large becomes a 413 in the protocol's form. */
export function resultOf(response: HttpResponse, request: HttpRequest): HttpResult {
  const { status, headers, body } = response;
  const text = typeof body === 'string';
  const carried = text ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64');
  // A UTF-16 unit is at most three bytes, and what JSON escapes is few: only a text near the limit has to be measured.
  if (carried.length * 3 > RESULT_LIMIT && Buffer.byteLength(JSON.stringify(carried)) > RESULT_LIMIT)
    return resultOf(tooLarge(headers, request), request);
  return { statusCode: status, headers, body: carried, isBase64Encoded: !text };
}

function tooLarge(headers: HttpResponse['headers'], request: HttpRequest): HttpResponse {
  const message = `the answer is larger than ${RESULT_LIMIT} bytes, ask for fewer rows or outputs at once, or for gzip`;
  const refusal = protocolOf(request).fail({ status: 413, kind: 'too-large', message });
  const { 'inference-header-content-length': _length, 'content-encoding': _encoding, vary: _vary, ...kept } = headers;
  return { ...refusal, headers: { ...kept, ...refusal.headers } };
}
