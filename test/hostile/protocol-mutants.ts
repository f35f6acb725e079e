import { METHODS } from 'node:http';
import type { HttpRequest } from '../../core/serving/http.ts';
import { EXAMPLES } from './examples.ts';
import { hostileRequest } from './mutate.ts';
import { Random } from './random.ts';

/** What is sent on one connection. */
export interface Transmission {
  readonly bytes: Buffer;
  /** Requests that have to be answered each by itself, in this order; undefined where HTTP itself is broken. */
  readonly requests: readonly HttpRequest[] | undefined;
}

/** One connection's worth of what is wrong; the same for the same seed. */
export function transmission(seed: number): Transmission {
  const random = new Random(seed ^ 0x5eed);
  if (random.once(4)) return { bytes: random.pick(BREAKS)(random), requests: undefined };
  const requests: HttpRequest[] = [];
  const parts: Buffer[] = [];
  for (let i = 0; i < PIPELINED; i++) {
    const request = hostileRequest(seed * PIPELINED + i);
    // After what is no HTTP nothing on the connection can be told apart any more.
    if (!isWhole(request))
      return requests.length > 0
        ? { bytes: Buffer.concat(parts), requests }
        : { bytes: encoded(request, random), requests: undefined };
    requests.push(request);
    parts.push(encoded(request, random));
    if (random.once(2)) break;
  }
  return { bytes: Buffer.concat(parts), requests };
}

const PIPELINED = 4;
const HEAD_LIMIT = 14_000;

/** Whether HTTP itself can carry it: what is wrong is then the endpoint's to say. */
function isWhole({ method, path, query, headers }: HttpRequest): boolean {
  const lines = Object.entries(headers).filter(([, value]) => value !== undefined) as [string, string][];
  return (
    METHODS.includes(method) &&
    method !== 'CONNECT' &&
    path.startsWith('/') &&
    headers['content-length'] === undefined &&
    lines.every(([, value]) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) &&
    lines.reduce(
      (sum, [name, value]) => sum + name.length + value.length + 4,
      3 * path.length + searchOf(query).length,
    ) < HEAD_LIMIT
  );
}

const searchOf = (query: HttpRequest['query']): string =>
  new URLSearchParams(query as Record<string, string>).toString();

/** As bytes, with a length or in chunks. */
function encoded({ method, path, query, headers, body }: HttpRequest, random: Random): Buffer {
  const content = Buffer.from(body as Uint8Array);
  const chunked = content.length > 0 && random.once(4);
  const framing = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(content.length) };
  const search = searchOf(query);
  const at = path.split('/').map(encodeURIComponent).join('/').replaceAll('%3A', ':');
  const lines = Object.entries({ host: 'localhost', ...framing, ...headers })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${at}${search === '' ? '' : `?${search}`} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), chunked ? inChunks(content, random) : content]);
}

function inChunks(content: Buffer, random: Random): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < content.length; ) {
    const size = Math.min(content.length - at, 1 + random.below(Math.max(50, content.length / 4)));
    parts.push(Buffer.from(`${size.toString(16)}\r\n`), content.subarray(at, at + size), Buffer.from('\r\n'));
    at += size;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

const example = (random: Random): Buffer => encoded(random.pick(EXAMPLES).request, random);
const POST = 'POST /v2/models/tree/infer HTTP/1.1\r\nhost: localhost\r\n';
const text = (lines: string): Buffer => Buffer.from(lines, 'latin1');

/** Ways in which HTTP is broken. All of them are followed by the end of what is sent. */
const BREAKS: readonly ((random: Random) => Buffer)[] = [
  // A valid request with bytes of its head turned over.
  (random) => {
    const bytes = example(random);
    const end = bytes.indexOf('\r\n\r\n') + 4;
    for (let times = 1 + random.below(4); times > 0; times--) bytes[random.below(end)] = random.below(256);
    return bytes;
  },
  // Cut off somewhere.
  (random) => {
    const bytes = example(random);
    return bytes.subarray(0, 1 + random.below(bytes.length - 1));
  },
  // Bytes put in or taken out.
  (random) => {
    const bytes = example(random);
    const at = random.below(bytes.length);
    return random.once(2)
      ? Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.below(20)), bytes.subarray(at)])
      : Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(20))]);
  },
  (random) => Buffer.from(random.bytes(1 + random.below(400))),
  // A good one first, then anything.
  (random) => Buffer.concat([example(random), Buffer.from(random.bytes(1 + random.below(100)))]),
  (random) => text(`${POST}transfer-encoding: chunked\r\n\r\n${random.pick(CHUNKS)}`),
  (random) => text(`${POST}content-length: ${random.pick(LENGTHS)}\r\n\r\n{}`),
  (random) => text(`${POST}${random.pick(HEADERS)}\r\ncontent-length: 2\r\n\r\n{}`),
  (random) => text(`${random.pick(LINES)}\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n`),
  (random) =>
    text(
      `GET / HTTP/1.1\r\nhost: localhost\r\n${`a${'b'.repeat(random.below(40))}: c\r\n`.repeat(random.below(3_000))}\r\n`,
    ),
  (random) => text(`GET /${'x'.repeat(random.below(100_000))} HTTP/1.1\r\nhost: localhost\r\n\r\n`),
];

const CHUNKS = [
  'zz\r\nabc\r\n0\r\n\r\n',
  '-1\r\nabc\r\n0\r\n\r\n',
  'ffffffffffffffffff\r\nabc',
  '7fffffff\r\nabc',
  '3\r\nabcdef\r\n0\r\n\r\n',
  '3\nabc\n0\n\n',
  `3;${'x'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`,
  '3;a="\r\nabc\r\n0\r\n\r\n',
  `0\r\n${'a: b\r\n'.repeat(5_000)}\r\n`,
  '0\r\ncontent-length: 5\r\n\r\n',
  '2\r\n{}\r\n',
  '\r\n',
  '0x2\r\n{}\r\n0\r\n\r\n',
  ' 2\r\n{}\r\n0\r\n\r\n',
  '',
] as const;

const LENGTHS = [
  '-1',
  '+2',
  '2.0',
  '2e0',
  '0x2',
  '2, 2',
  '2\r\ncontent-length: 3',
  '2\r\ntransfer-encoding: chunked',
  '99999999',
  '9007199254740993',
  '18446744073709551618',
  '9'.repeat(100),
  '',
  ' ',
  'two',
  '2 2',
] as const;

const HEADERS = [
  'transfer-encoding: gzip',
  'transfer-encoding: chunked, gzip',
  'transfer-encoding: identity',
  'Transfer-Encoding : chunked',
  'expect: 100-continue',
  'expect: cake',
  'upgrade: websocket\r\nconnection: upgrade',
  'upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\nconnection: upgrade, http2-settings',
  'connection: close, close, keep-alive',
  'host: y',
  ': empty',
  'a\0b: c',
  'a: b\0c',
  'a: b\rc',
  ' folded: a\r\n b',
  'a: b\r\n folded',
  'no colon',
  'content-type: application/json\r\ncontent-type: text/csv',
  'content-encoding: gzip\r\ncontent-encoding: gzip',
  'inference-header-content-length: 2\r\ninference-header-content-length: 0',
  '__proto__: a',
  'cookie: '.padEnd(15_000, 'x'),
] as const;

const LINES = [
  'GET',
  'GET /',
  'GET / HTTP',
  'GET / HTTP/0.9',
  'GET / HTTP/1.2',
  'GET / HTTP/2.0',
  'GET / HTTP/1.1 HTTP/1.1',
  'GET  /  HTTP/1.1',
  ' GET / HTTP/1.1',
  'get / HTTP/1.1',
  'GET * HTTP/1.1',
  'OPTIONS * HTTP/1.1',
  'GET http://x/v2 HTTP/1.1',
  'GET http://x:99999/v2 HTTP/1.1',
  'GET //x/v2 HTTP/1.1',
  'GET ?a HTTP/1.1',
  'GET #a HTTP/1.1',
  'GET /%zz%c0%ae HTTP/1.1',
  'GET /\xff\xfe HTTP/1.1',
  'CONNECT x:443 HTTP/1.1',
  'CONNECT / HTTP/1.1',
  'PRI * HTTP/2.0',
  'SOURCE / HTTP/1.1',
  'M-SEARCH * HTTP/1.1',
  'BREW /pot HTCPCP/1.0',
  'RTSP/1.0 200 OK',
  'HTTP/1.1 200 OK',
  'EHLO x',
] as const;
