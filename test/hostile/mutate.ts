import { deflateSync, gzipSync } from 'node:zlib';
import type { HttpRequest } from '../../core/serving/http.ts';
import { EXAMPLES } from './examples.ts';
import { Random } from './random.ts';

/** Values that have broken other servers, as JSON text. */
const NASTY = [
  'null',
  'true',
  '""',
  '"x"',
  '0',
  '-1',
  '-0',
  '1.5',
  '1.0',
  '1e300',
  '1e999',
  '-1e999',
  'NaN',
  'Infinity',
  '-Infinity',
  '9007199254740993',
  '18446744073709551616',
  `1${'0'.repeat(400)}`,
  '0.1e-400',
  '[]',
  '{}',
  '[[]]',
  '[[[1]]]',
  '[null]',
  '{"b64":"QQ=="}',
  '{"b64":"*"}',
  '{"b64":1}',
  '"__proto__"',
  '{"__proto__":1}',
  '{"constructor":{"prototype":1}}',
  '"a\\u0000b"',
  '"\\ud800"',
  '"\\u202e"',
  '[-1]',
  '[2147483647,2147483647]',
  '[1,1,1,1,1,1,1,1,1,1]',
  '"file:///etc/passwd"',
  '"../../x"',
  `"${'x'.repeat(3000)}"`,
  `[${'0,'.repeat(39)}0]`,
  '01',
  '+1',
  '.5',
  'undefined',
  "'x'",
  '"\\x"',
  '[1,]',
  '{"a":1,"a":2}',
] as const;

const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=latin1',
  'application/jsonlines',
  'application/x-ndjson',
  'text/csv',
  'text/plain',
  'application/octet-stream',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=b',
  'multipart/form-data',
  'multipart/form-data; boundary="b',
  'image/png',
  '',
  ';',
  'x'.repeat(5000),
  `multipart/form-data; boundary=${'-'.repeat(80)}`,
  'application/vnd.api+json',
] as const;

const TEXTS = [
  '',
  '0',
  '-1',
  '1',
  '120',
  '99999999999999999999',
  'x',
  'é',
  '\u0000',
  'a b',
  'a\tb',
  '*/*;q=x',
  'text/csv;q=0',
  'x'.repeat(9000),
  '__proto__',
  '%00',
  '../..',
  'champion',
  'shadow',
] as const;

const HEADERS = [
  'inference-header-content-length',
  'content-encoding',
  'accept',
  'accept-encoding',
  'content-length',
  'x-request-id',
  'traceparent',
  'tracestate',
  'x-trimtab-routing-key',
  'x-trimtab-subject',
  'seldon-puid',
  'cache-control',
  'x-amzn-sagemaker-custom-attributes',
  'x-amzn-sagemaker-target-model',
  'x-amzn-sagemaker-target-variant',
  'x-amzn-sagemaker-inference-id',
  '__proto__',
] as const;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'post', ''] as const;
const SEGMENTS = [
  '',
  '.',
  '..',
  '%',
  '%2e',
  '\u0000',
  'é',
  ' ',
  ':predict',
  ':explain',
  'versions',
  'labels',
  '1',
  '0',
  '-1',
  '99999999999',
  'none',
  '__proto__',
  'constructor',
  'x'.repeat(2000),
  '*',
  'infer',
  'explain',
  'stats',
  'load',
  'unload',
  'metadata',
] as const;

const WITH_BODY = EXAMPLES.filter(({ request }) => request.body.length > 0);

/** A request that is somehow wrong, made of a valid one; the same for the same seed. */
export function hostileRequest(seed: number): HttpRequest {
  const random = new Random(seed);
  // What has no body has little that could be wrong.
  const { request } = random.pick(random.once(8) ? EXAMPLES : WITH_BODY);
  let result: HttpRequest = { ...request, headers: { ...request.headers } };
  const times = 1 + random.below(3);
  for (let i = 0; i < times; i++) result = random.pick(MUTATIONS)(result, random);
  return result;
}

type Mutation = (request: HttpRequest, random: Random) => HttpRequest;

const bytesOf = (body: HttpRequest['body']): Buffer =>
  typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
const textOf = (body: HttpRequest['body']): string => bytesOf(body).toString('latin1');

const withHeader = (request: HttpRequest, name: string, value: string | undefined): HttpRequest => {
  const headers = { ...request.headers };
  Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true });
  return { ...request, headers };
};

/** Values at random places of a JSON text replaced, doubled or removed. */
const values: Mutation = (request, random) => {
  const text = typeof request.body === 'string' ? request.body : textOf(request.body);
  const found = [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|\[[^[\]{}]*\]|\{[^[\]{}]*\}/g)];
  if (found.length === 0) return bytes(request, random);
  const { index, 0: old } = random.pick(found);
  const [head, tail] = [text.slice(0, index), text.slice(index + old.length)];
  const next = random.pick([
    random.pick(NASTY),
    random.pick(NASTY),
    `${old},${old}`,
    `[${old}]`,
    '',
    old.slice(1),
    `${old}${old}`,
  ]);
  return { ...request, body: head + next + tail };
};

/** Bytes cut off, turned over, put in or doubled: UTF-8, base64 and binary tensors break. */
const bytes: Mutation = (request, random) => {
  const old = bytesOf(request.body);
  const at = random.below(old.length + 1);
  const more = random.pick([
    random.bytes(1 + random.below(8)),
    Buffer.from('\u0000'),
    Buffer.from('\r\n'),
    Buffer.from('"'),
    Buffer.from(','),
    Buffer.from([0xc3, 0x28]),
    Buffer.from('\ufeff'),
  ]);
  const body = random.pick([
    () => old.subarray(0, at),
    () => old.subarray(at),
    () => Buffer.concat([old.subarray(0, at), more, old.subarray(at)]),
    () => Buffer.concat([old, old.subarray(at)]),
    () => Buffer.concat([old.subarray(0, at), more, old.subarray(at + more.length)]),
    () => Buffer.from(random.bytes(random.below(200))),
    () => Buffer.alloc(0),
  ])();
  return { ...request, body: random.once(2) ? body.toString('utf8') : new Uint8Array(body) };
};

/** Depth, and sizes: some of them real, most of them only claimed. */
const sizes: Mutation = (request, random) => {
  const deep = 1 + random.below(random.once(20) ? 200_000 : 200);
  const body = random.pick([
    () => '['.repeat(deep),
    () => `${'['.repeat(deep)}1${']'.repeat(deep)}`,
    () => `{"instances":${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}}`,
    () => `{"instances":[${'{},'.repeat(deep)}{}]}`,
    () => `{"dataframe_records":[${Array.from({ length: Math.min(deep, 3000) }, (_, i) => `{"k${i}":1}`).join(',')}]}`,
    () => '&a=1'.repeat(deep),
    () => ','.repeat(deep),
    () => '\n'.repeat(deep),
    () => '"'.repeat(deep),
    () => `--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n\r\n`.repeat(Math.min(deep, 3000)),
    () =>
      bytesOf(request.body)
        .toString('latin1')
        .repeat(1 + Math.min(deep, 50)),
    () => '1'.repeat(deep),
  ])();
  return { ...request, body: random.once(200) ? body.padEnd(6_400_000, ' ') : body };
};

const headers: Mutation = (request, random) => {
  if (random.once(3)) return withHeader(request, 'content-type', random.once(6) ? undefined : random.pick(TYPES));
  const name = random.pick(HEADERS);
  return withHeader(request, name, random.pick(TEXTS));
};

/** Compressed truly, falsely, or only in name. */
const compression: Mutation = (request, random) => {
  const [encoding, packed] = random.pick<[string, (body: Buffer) => Buffer]>([
    ['gzip', (body) => gzipSync(body)],
    ['deflate', (body) => deflateSync(body)],
    ['gzip', (body) => gzipSync(body).subarray(0, 12)],
    ['deflate', (body) => body],
    ['gzip', () => gzipSync(Buffer.alloc(random.once(40) ? 40_000_000 : 50_000))],
    ['br', (body) => body],
    ['gzip, gzip', (body) => gzipSync(gzipSync(body))],
    ['identity', (body) => body],
  ]);
  return withHeader({ ...request, body: new Uint8Array(packed(bytesOf(request.body))) }, 'content-encoding', encoding);
};

const paths: Mutation = (request, random) => {
  const segments = request.path.split('/');
  const at = random.below(segments.length);
  random.pick([
    () => segments.splice(at, 1, random.pick(SEGMENTS)),
    () => segments.splice(at, 1),
    () => segments.splice(at, 0, random.pick(SEGMENTS)),
    () => segments.push(random.pick(SEGMENTS)),
    () => segments.splice(at, 1, `${segments[at]}${random.pick(SEGMENTS)}`),
  ])();
  return { ...request, path: segments.join('/') };
};

const methods: Mutation = (request, random) => ({ ...request, method: random.pick(METHODS) });

const queries: Mutation = (request, random) => ({
  ...request,
  query: {
    [random.pick(['limit', 'next_page_token', 'budget_ms', 'method', 'output', '__proto__'])]: random.pick(TEXTS),
  },
});

/** One protocol's body at another's door. */
const strangers: Mutation = (request, random) => {
  const other = random.pick(EXAMPLES).request;
  return random.once(2) ? { ...request, body: other.body } : { ...request, body: other.body, headers: other.headers };
};

const MUTATIONS: readonly Mutation[] = [
  values,
  values,
  values,
  values,
  bytes,
  bytes,
  sizes,
  headers,
  headers,
  compression,
  paths,
  methods,
  queries,
  strangers,
];
