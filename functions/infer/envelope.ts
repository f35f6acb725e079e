import * as z from 'zod';
import { callerOfAddress } from '../../core/guards/caller.ts';
import { protocolOf } from '../../core/protocols/protocols.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';

/** What API Gateway or the function URL made of the caller's credentials. */
const Authorizer = z.looseObject({
  iam: z
    .looseObject({
      callerId: z.string().nullish(),
      cognitoIdentity: z.looseObject({ identityId: z.string().nullish() }).nullish(),
    })
    .nullish(),
  jwt: z.looseObject({ claims: z.record(z.string(), z.unknown()).nullish() }).nullish(),
  lambda: z.record(z.string(), z.unknown()).nullish(),
});

/** What an HTTP API (payload format 2.0) and a function URL send, as far as it is read here; AWS adds keys at will. */
export const HttpEvent = z.looseObject({
  rawPath: z.string(),
  rawQueryString: z.string().default(''),
  headers: z.record(z.string(), z.string().optional()),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.looseObject({
    stage: z.string().default('$default'),
    http: z.looseObject({ method: z.string(), sourceIp: z.string().optional() }),
    authorizer: Authorizer.nullish(),
  }),
});
export type HttpEvent = z.infer<typeof HttpEvent>;

export interface HttpResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** An event as a request. The one place where bodies are decoded. */
export function requestOf(event: HttpEvent): HttpRequest {
  const { body, requestContext } = event;
  return {
    method: requestContext.http.method,
    path: pathOf(event),
    query: event.rawQueryString === '' ? {} : Object.fromEntries(new URLSearchParams(event.rawQueryString)),
    headers: event.headers,
    body: event.isBase64Encoded ? Buffer.from(body ?? '', 'base64') : (body ?? ''),
    caller: callerOf(requestContext),
  };
}

/**
 * Who was authenticated, else the address that the request came from; both are AWS's word, no header has a part in it.
 * Of an assumed role it is the role: the session's name is whatever the caller likes.
 */
function callerOf({ authorizer, http }: HttpEvent['requestContext']): string | undefined {
  const { iam, jwt, lambda } = authorizer ?? {};
  const identity = iam?.cognitoIdentity?.identityId ?? iam?.callerId?.split(':')[0];
  if (identity) return `iam ${identity}`;
  const { iss, sub, client_id: client } = jwt?.claims ?? {};
  if (sub ?? client) return `jwt ${iss} ${sub ?? client}`;
  if (lambda?.principalId) return `principal ${lambda.principalId}`;
  return http.sourceIp && callerOfAddress(http.sourceIp);
}

/** The path without a named stage in front, percent-decoded; as it is where it cannot be decoded. */
function pathOf({ rawPath, requestContext }: HttpEvent): string {
  const prefix = `/${requestContext.stage}`;
  const path = rawPath.startsWith(`${prefix}/`) ? rawPath.slice(prefix.length) : rawPath;
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** What a function may answer with; Lambda turns more into an error of its own. */
export const RESULT_LIMIT = 6 * 1024 * 1024 - 10_240;

/** The response to a request as the result of a function; one that is too large becomes the protocol's own 413. */
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
