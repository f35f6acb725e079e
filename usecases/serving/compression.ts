import { clip, ProtocolError } from '../../core/protocols/protocol.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import { type Packing, unpack } from './unpack.ts';

/** Smaller answers are sent as they are, whatever the caller takes: packing them costs more than it saves. */
export const MIN_BYTES = 8 * 1024;

/** Speed before size: the fastest level still halves numbers written as text. */
const LEVEL = 1;

/** Names of encodings that are unpacked (RFC 9110, section 8.4.1). */
const PACKINGS = new Map<string, Packing>([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
]);

/**
 * The request with its body unpacked, so that no protocol sees `content-encoding`.
 *
 * @param limit most bytes that come out; what would give more is refused before it has
 * @throws ProtocolError 400 when the body is not what it is said to be, 413 beyond the limit, 415 for other encodings,
 *   503 or 429 when there is no room
 */
export async function decompress(request: HttpRequest, limit: number): Promise<HttpRequest> {
  const { 'content-encoding': encoding = '', 'content-length': _, ...headers } = request.headers;
  const name = encoding.trim().toLowerCase();
  const { body, caller, hold } = request;
  if (name === '' || name === 'identity' || body.length === 0) return { ...request, headers };
  const packing = PACKINGS.get(name);
  if (packing === undefined)
    throw new ProtocolError(415, `content encoding ${clip(name)} is not supported, use gzip, deflate or identity`);
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const plain = await unpack(bytes, packing, { limit, caller, hold }).catch((cause: unknown) => {
    throw cause instanceof ProtocolError ? cause : new ProtocolError(400, `the body is not ${name}`, { cause });
  });
  if (plain === undefined) throw new ProtocolError(413, `the body unpacks to more than ${limit} bytes`);
  return { ...request, headers, body: plain };
}

/**
 * The response packed in the way its caller likes best, if there is one and it is worth it.
 *
 * @param accepted the request's `accept-encoding`
 */
export async function compress(response: HttpResponse, accepted: string): Promise<HttpResponse> {
  const { body, headers } = response;
  const encoding = preferred(accepted);
  if (encoding === undefined || body.length < MIN_BYTES || 'content-encoding' in headers) return response;
  const zlib = await import('node:zlib');
  const deflate = encoding === 'gzip' ? zlib.gzip : zlib.deflate;
  const bytes = await new Promise<Uint8Array>((resolve, reject) => {
    deflate(body, { level: LEVEL }, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
  return {
    ...response,
    headers: { ...headers, 'content-encoding': encoding, vary: 'accept-encoding' },
    body: bytes,
  };
}

/** The encoding with the highest weight, gzip of equals (RFC 9110, section 12.5.3); undefined: none. */
export function preferred(accepted: string): 'gzip' | 'deflate' | undefined {
  const weights = new Map<string, number>();
  for (const item of accepted.slice(0, 1_000).toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    weights.set(name, Number.isFinite(weight) ? weight : 0);
  }
  const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0;
  const best = weightOf('deflate') > weightOf('gzip') ? 'deflate' : 'gzip';
  return weightOf(best) > 0 ? best : undefined;
}
