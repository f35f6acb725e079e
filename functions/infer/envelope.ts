import * as z from 'zod';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';

/** What an HTTP API (payload format 2.0) and a function URL send, as far as it is read here; AWS adds keys at will. */
export const HttpEvent = z.looseObject({
  rawPath: z.string(),
  rawQueryString: z.string().default(''),
  headers: z.record(z.string(), z.string().optional()),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.looseObject({
    stage: z.string().default('$default'),
    http: z.looseObject({ method: z.string() }),
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
  };
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

/** A response as the result of a function. */
export function resultOf({ status, headers, body }: HttpResponse): HttpResult {
  const text = typeof body === 'string';
  return {
    statusCode: status,
    headers,
    body: text ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
    isBase64Encoded: !text,
  };
}
