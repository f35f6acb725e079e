import { clip, ProtocolError } from '../../core/protocols/protocol.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';

/** Smaller answers are sent as they are, whatever the caller takes: packing them costs more than it saves. */
export const MIN_BYTES = 8 * 1024;

/** Speed before size: the fastest level still halves numbers written as text. */
const LEVEL = 1;

/** Bodies of one caller that unpack to more than this are unpacked and parsed one after the other; bytes. */
const LARGE_BYTES = 256 * 1024;

/**
 * The request with its body unpacked, so that no protocol sees `content-encoding`: gzip, or deflate with or without
 * zlib's frame. Room is taken for what comes out before it does (`request.hold`), by the size that gzip ends with; what
 * says too little, or nothing as deflate does, has room taken for the whole limit. A few kilobytes unpack to megabytes:
 * those of one caller that do so wait for one another, and each leaves others a turn of the event loop.
 *
 * @param limit most bytes that come out; what would give more is refused before it has
 * @throws ProtocolError 400 when the body is not what it is said to be, 413 beyond the limit, 415 for other encodings,
 *   503 or 429 when there is no room
 */
export async function decompress(request: HttpRequest, limit: number): Promise<HttpRequest> {
  const { 'content-encoding': encoding = '', 'content-length': _, ...headers } = request.headers;
  const name = encoding.trim().toLowerCase();
  const { body, hold } = request;
  if (name === '' || name === 'identity' || body.length === 0) return { ...request, headers };
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const said = Math.min(limit, name.endsWith('gzip') ? sizeAtEnd(bytes) : limit);
  const unpackTo = (most: number): Promise<Uint8Array | undefined> =>
    inTurn(request.caller ?? '', most, async () => {
      hold?.(bytes.length + most);
      return unpack(name, bytes, most);
    });
  const unpacked = (await unpackTo(said)) ?? (said < limit ? await unpackTo(limit) : undefined);
  if (unpacked === undefined) throw new ProtocolError(413, `the body unpacks to more than ${limit} bytes`);
  return { ...request, headers, body: unpacked };
}

/** The last of the large bodies that are unpacked, by caller. */
const lastLarge = new Map<string, Promise<unknown>>();

function inTurn<T>(caller: string, bytes: number, work: () => Promise<T>): Promise<T> {
  if (bytes <= LARGE_BYTES) return work();
  const done = (lastLarge.get(caller) ?? Promise.resolve()).then(work);
  // Whoever waits for it goes on first: parses, asks the model.
  const last = done
    .catch(() => undefined)
    .then(() => new Promise<void>((resolve) => setImmediate(resolve)))
    .then(() => {
      if (lastLarge.get(caller) === last) lastLarge.delete(caller);
    });
  lastLarge.set(caller, last);
  return done;
}

/** Size of what was packed, modulo 2^32: the last four bytes of gzip (RFC 1952, ISIZE). At least 1. */
const sizeAtEnd = (bytes: Uint8Array): number =>
  bytes.length < 4 ? 1 : Math.max(1, new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true));

/** @returns undefined where more than `most` bytes would come out */
async function unpack(encoding: string, bytes: Uint8Array, most: number): Promise<Uint8Array | undefined> {
  const zlib = await import('node:zlib');
  const work = { gzip: zlib.gunzip, 'x-gzip': zlib.gunzip, deflate: isFramed(bytes) ? zlib.inflate : zlib.inflateRaw };
  const inflate = Object.hasOwn(work, encoding) ? work[encoding as keyof typeof work] : undefined;
  if (inflate === undefined)
    throw new ProtocolError(415, `content encoding ${clip(encoding)} is not supported, use gzip, deflate or identity`);
  return new Promise((resolve, reject) => {
    inflate(bytes, { maxOutputLength: most }, (cause: NodeJS.ErrnoException | null, result) => {
      if (cause === null) resolve(result);
      else if (cause.code === 'ERR_BUFFER_TOO_LARGE') resolve(undefined);
      else reject(new ProtocolError(400, `the body is not ${encoding}`, { cause }));
    });
  });
}

/** Whether deflated bytes have the two bytes in front that RFC 1950 asks for; some clients leave them out. */
const isFramed = ([first = 0, second = 0]: Uint8Array): boolean =>
  (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;

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
