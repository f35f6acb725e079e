import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { GRPCInferenceService } from '../../server/grpc/service-definition.ts';
import { Random } from './random.ts';

/** How a call over gRPC ended. */
export interface GrpcOutcome {
  /** What was sent. */
  readonly what: string;
  /** Whether the message itself could be read: then nothing is the server's fault. */
  readonly readable: boolean;
  /** Name of the status; `HTTP 415` where it was no gRPC, `reset` where the stream was ended. */
  readonly name: string;
  readonly message: string;
}

const CALL = '/inference.GRPCInferenceService/ModelInfer';
const PATIENCE_MS = 120_000;

/** What is wrong with how a call ended; undefined when nothing is. */
export function grpcProblem({ readable, name, message }: GrpcOutcome): string | undefined {
  if (name === 'UNKNOWN' || name === 'UNAVAILABLE' || name === 'nothing') return `${name}: ${message}`;
  // A message that cannot be parsed is INTERNAL by the specification of gRPC's status codes.
  if (name === 'INTERNAL' && (readable || message === 'internal error')) return `${name}: ${message}`;
  if (/\n\s+at |node_modules|\.ts:\d/.test(message)) return `internals in ${message}`;
  return undefined;
}

/** Sends calls that are wrong somehow, byte by byte. */
export class GrpcMutantClient {
  #session: ClientHttp2Session | undefined;

  /** @param address `host:port` */
  constructor(private readonly address: string) {}

  /** The same for the same seed. */
  async send(seed: number): Promise<GrpcOutcome> {
    const random = new Random(seed);
    const mutant = random.pick(MUTANTS)(random);
    const headers = {
      ':method': 'POST',
      ':path': CALL,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...mutant.headers,
    };
    return { what: mutant.what, readable: mutant.readable, ...(await this.#call(headers, mutant.body)) };
  }

  close(): void {
    this.#session?.destroy();
  }

  #connected(): ClientHttp2Session {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(`http://${this.address}`);
      this.#session.on('error', () => undefined);
    }
    return this.#session;
  }

  #call(headers: Record<string, string>, body: Buffer): Promise<Pick<GrpcOutcome, 'name' | 'message'>> {
    return new Promise((resolve) => {
      let received: IncomingHttpHeaders = {};
      const stream = this.#connected().request(headers);
      stream.setTimeout(PATIENCE_MS, () => stream.destroy(new Error('no answer in time')));
      stream.on('response', (answer) => {
        received = { ...received, ...answer };
      });
      stream.on('trailers', (trailers) => {
        received = { ...received, ...trailers };
      });
      let failure = '';
      stream.on('error', (error) => {
        failure = error.message;
      });
      stream.on('close', () => {
        const code = received['grpc-status'];
        const message = decodeURIComponent(String(received['grpc-message'] ?? failure));
        if (code !== undefined) resolve({ name: status[Number(code)] ?? String(code), message });
        else if (received[':status'] !== undefined && Number(received[':status']) !== 200)
          resolve({ name: `HTTP ${received[':status']}`, message });
        else resolve({ name: stream.rstCode === 0 ? 'nothing' : 'reset', message });
      });
      stream.resume();
      stream.end(body);
    });
  }
}

interface Mutant {
  readonly what: string;
  readonly readable: boolean;
  readonly body: Buffer;
  readonly headers?: Record<string, string>;
}

const { requestSerialize } = GRPCInferenceService.service.ModelInfer!;

/** A message behind its length. */
function framed(message: Buffer, length = message.length, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flag, 0);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

const TREE = {
  model_name: 'tree',
  inputs: [
    {
      name: 'features',
      datatype: 'FP32',
      shape: ['1', '30'],
      contents: { fp32_contents: Array.from({ length: 30 }, (_, i) => i / 2) },
    },
  ],
};
const INT64 = {
  model_name: 'int64',
  inputs: [
    { name: 'numbers', datatype: 'INT64', shape: ['1', '2'], contents: { int64_contents: ['1', '2'] } },
    { name: 'ids', datatype: 'UINT64', shape: ['1'], contents: { uint64_contents: ['5'] } },
  ],
};
const VALUES: readonly unknown[] = [
  '',
  'x',
  '__proto__',
  '../../etc/passwd',
  'features',
  'a\u0000b',
  'é'.repeat(500),
  [],
  ['-1'],
  ['0', '30'],
  ['9223372036854775807', '2'],
  ['1', '31'],
  Array(100).fill('1'),
  'FP16',
  'BF16',
  'BYTES',
  { fp32_contents: [] },
  { int64_contents: ['9223372036854775807'] },
  { bytes_contents: [Buffer.from([0xff, 0])] },
  { fp32_contents: Array(30).fill(Number.NaN) },
  { bool_contents: [true], fp32_contents: [1] },
  undefined,
];

/** A message with one of its parts replaced, doubled or removed. */
const parts = (random: Random): Mutant => {
  const message = structuredClone(random.pick([TREE, INT64])) as Record<string, unknown>;
  const inputs = message.inputs as Record<string, unknown>[];
  random.pick([
    () => Object.assign(message, { model_name: random.pick(VALUES.filter((each) => typeof each === 'string')) }),
    () => Object.assign(message, { model_version: random.pick(['0', '-1', '99', 'x', '1/../2']) }),
    () => Object.assign(message, { id: 'x'.repeat(random.below(5_000)) }),
    () => Object.assign(message, { outputs: [{ name: random.pick(['', 'x', 'probabilities', 'probabilities']) }] }),
    () => Object.assign(message, { raw_input_contents: [Buffer.from(random.bytes(random.below(300)))] }),
    () => Object.assign(message, { parameters: { binary_data_size: { int64_param: '-5' }, sequence_id: {} } }),
    () => inputs.push(random.pick(inputs)),
    () => inputs.pop(),
    () =>
      Object.assign(random.pick(inputs), {
        contents: random.pick(VALUES.filter((each) => typeof each === 'object' && !Array.isArray(each))),
      }),
    () => Object.assign(random.pick(inputs), { shape: random.pick(VALUES.filter(Array.isArray)) }),
    () => Object.assign(random.pick(inputs), { name: random.pick(VALUES.filter((each) => typeof each === 'string')) }),
    () =>
      Object.assign(random.pick(inputs), { datatype: random.pick(VALUES.filter((each) => typeof each === 'string')) }),
  ])();
  return { what: 'parts of the message', readable: true, body: framed(requestSerialize(message)) };
};

/** Bytes of a message turned over, cut off or made up. */
const bytes = (random: Random): Mutant => {
  const message = Buffer.from(requestSerialize(random.pick([TREE, INT64])));
  const body = random.pick([
    () => {
      for (let times = 1 + random.below(4); times > 0; times--)
        message[random.below(message.length)] = random.below(256);
      return message;
    },
    () => message.subarray(0, random.below(message.length)),
    () => Buffer.from(random.bytes(random.below(300))),
    () => Buffer.concat([message, Buffer.from(random.bytes(1 + random.below(20)))]),
  ])();
  return { what: 'bytes of the message', readable: false, body: framed(body) };
};

/** The frame around the message is wrong. */
const frames = (random: Random): Mutant => {
  const message = Buffer.from(requestSerialize(TREE));
  const body = random.pick([
    () => framed(message, message.length + 1 + random.below(1_000)),
    () => framed(message, random.below(message.length)),
    () => framed(message, 0xffff_ffff),
    () => framed(message, message.length, 1 + random.below(255)),
    () => Buffer.concat([framed(message), framed(message)]),
    () => Buffer.alloc(0),
    () => Buffer.from(random.bytes(1 + random.below(4))),
  ])();
  return { what: 'the frame of the message', readable: false, body };
};

const heads = (random: Random): Mutant => ({
  what: 'the head of the call',
  readable: false,
  body: framed(Buffer.from(requestSerialize(TREE))),
  headers: random.pick<Record<string, string>>([
    { 'content-type': 'application/json' },
    { 'content-type': 'application/grpc+json' },
    { 'content-type': '' },
    { ':path': '/inference.GRPCInferenceService/ModelTrain' },
    { ':path': '/' },
    { ':path': `/${'x'.repeat(random.below(3_000))}` },
    { ':path': '/grpc.health.v1.Health/Check' },
    { ':method': 'PUT' },
    { 'grpc-timeout': 'soon' },
    { 'grpc-timeout': '99999999999H' },
    { 'grpc-encoding': 'br' },
    { 'grpc-encoding': 'gzip' },
    { 'x-request-id': 'é'.repeat(30) },
    { 'x-trimtab-version': '-1' },
    { 'x-trimtab-variant': 'nobody' },
    { 'inference-header-content-length': '0' },
    { 'a-bin': '****' },
    { traceparent: 'x'.repeat(4_000) },
  ]),
});

const MUTANTS = [parts, parts, parts, bytes, bytes, frames, heads];
