import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request as rules see it. */
export interface Call {
  /** Signing name of the service: `s3`, `dynamodb`, `events`, `monitoring`, `lambda`, `sqs`. */
  readonly service: string;
  /** `PutItem` for services that name it in a header; for the others the HTTP method. */
  readonly operation: string;
  /** Path with query, decoded; for S3 `/bucket/key?…`. */
  readonly path: string;
  readonly body: Buffer;
}

export interface Match {
  readonly service?: string;
  readonly operation?: string | readonly string[];
  readonly path?: RegExp;
  readonly body?: RegExp;
}

export type Fault =
  /** The connection breaks before anything is done. */
  | { readonly kind: 'reset'; readonly strike?: () => void }
  /** Nothing is done and nothing is ever answered. */
  | { readonly kind: 'silence' }
  /** Nothing is done; an error is answered in the form of the service. */
  | { readonly kind: 'error'; readonly status: number; readonly code: string }
  /** Done, some time later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Done; the connection breaks before the answer: the acknowledgement is lost. */
  | { readonly kind: 'lost-answer'; readonly strike?: () => void }
  /** Done; the answer breaks off after so many bytes of its body. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** Done; the answer is shorter and says so, as if it were whole. */
  | { readonly kind: 'shorten'; readonly bytes: number; readonly dropHeaders?: RegExp }
  /** Done; the answer's body stops after so many bytes until something else has happened. */
  | { readonly kind: 'hold'; readonly bytes: number; readonly until: () => Promise<unknown> };

export interface When {
  /** How many matching requests go by before. @default 0 */
  readonly skip?: number;
  /** How often at most. @default always */
  readonly times?: number;
  /** Share of the matching requests that it happens to. @default 1 */
  readonly probability?: number;
  /** Of the dice. @default 1 */
  readonly seed?: number;
}

/** A fault that is to happen, and how often it has. */
export interface Rule {
  readonly hits: number;
  lift(): void;
}

interface Armed {
  readonly match: Match;
  readonly fault: Fault;
  readonly dice: () => number;
  skip: number;
  left: number;
  readonly probability: number;
  hits: number;
}

export const THROTTLED = { kind: 'error', status: 400, code: 'ProvisionedThroughputExceededException' } as const;
export const SLOW_DOWN = { kind: 'error', status: 503, code: 'SlowDown' } as const;

/** Stands between the program and AWS (or what stands in for it), and does to requests what networks and services do. */
export class FaultProxy {
  readonly #rules: Armed[] = [];
  readonly #server: http.Server;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  /** All calls so far. */
  readonly calls: Call[] = [];

  private constructor(private readonly upstream: URL) {
    this.#server = http.createServer((request, response) => {
      this.#serve(request, response).catch(() => response.socket?.destroy());
    });
  }

  /** Starts one before an address, on a free port. */
  static async before(upstream: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(upstream));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on, a fault happens to the requests that match. Of several rules the first that strikes counts. */
  when(
    match: Match,
    fault: Fault,
    { skip = 0, times = Number.POSITIVE_INFINITY, probability = 1, seed = 1 }: When = {},
  ): Rule {
    const armed: Armed = { match, fault, dice: diceOf(seed), skip, left: times, probability, hits: 0 };
    this.#rules.push(armed);
    return {
      get hits() {
        return armed.hits;
      },
      lift: () => {
        armed.left = 0;
      },
    };
  }

  /** Everything works again. */
  clear(): void {
    this.#rules.length = 0;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await read(request);
    const call = callOf(request, body);
    this.calls.push(call);
    const fault = this.#strike(call);
    if (fault?.kind === 'reset') {
      fault.strike?.();
      return void response.socket?.destroy();
    }
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'error') return refuse(response, call, fault.status, fault.code);
    if (fault?.kind === 'delay') await sleep(fault.ms);
    const answer = await this.#forward(request, body);
    const answered = await read(answer);
    if (fault?.kind === 'lost-answer') {
      fault.strike?.();
      return void response.socket?.destroy();
    }
    await reply(response, answer, answered, fault);
  }

  #strike(call: Call): Fault | undefined {
    for (const rule of this.#rules) {
      if (rule.left <= 0 || !matches(rule.match, call) || rule.skip-- > 0) continue;
      if (rule.dice() >= rule.probability) continue;
      rule.left--;
      rule.hits++;
      return rule.fault;
    }
    return undefined;
  }

  #forward({ method, url, headers }: http.IncomingMessage, body: Buffer): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { hostname: host, port } = this.upstream;
      const options = { agent: this.#agent, host, port, method, path: url, headers };
      http.request(options, resolve).on('error', reject).end(body);
    });
  }
}

async function reply(
  response: http.ServerResponse,
  { statusCode = 500, headers }: http.IncomingMessage,
  body: Buffer,
  fault: Fault | undefined,
): Promise<void> {
  const { 'transfer-encoding': _, ...kept } = headers;
  const length = fault?.kind === 'shorten' ? Math.min(fault.bytes, body.length) : body.length;
  if (fault?.kind === 'shorten' && fault.dropHeaders)
    for (const name of Object.keys(kept)) if (fault.dropHeaders.test(name)) delete kept[name];
  // A HEAD's length is that of the body it does not have.
  const announced = response.req.method === 'HEAD' ? kept['content-length'] : length;
  response.writeHead(statusCode, { ...kept, ...(announced === undefined ? {} : { 'content-length': announced }) });
  if (fault?.kind === 'cut') {
    await new Promise((resolve) => response.write(body.subarray(0, Math.min(fault.bytes, body.length - 1)), resolve));
    response.socket?.destroy();
    return;
  }
  if (fault?.kind === 'hold') {
    response.write(body.subarray(0, fault.bytes));
    await fault.until();
    response.end(body.subarray(fault.bytes));
    return;
  }
  response.end(body.subarray(0, length));
}

/** S3 answers in XML, the others in JSON. */
function refuse(response: http.ServerResponse, { service }: Call, status: number, code: string): void {
  const text = `injected: ${code}`;
  if (service === 's3')
    response
      .writeHead(status, { 'content-type': 'application/xml' })
      .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${text}</Message></Error>`);
  else
    response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': code })
      .end(JSON.stringify({ __type: `com.amazonaws#${code}`, message: text }));
}

function callOf({ headers, method = '', url = '' }: http.IncomingMessage, body: Buffer): Call {
  // Credential=key/date/region/service/aws4_request
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
  const target = headers['x-amz-target'];
  const operation = typeof target === 'string' ? target.slice(target.indexOf('.') + 1) : method;
  return { service, operation, path: decodeURIComponent(url), body };
}

const matches = (match: Match, call: Call): boolean =>
  (match.service === undefined || match.service === call.service) &&
  (match.operation === undefined || [match.operation].flat().includes(call.operation)) &&
  (match.path === undefined || match.path.test(call.path)) &&
  (match.body === undefined || match.body.test(call.body.toString('latin1')));

async function read(stream: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Mulberry32: the same seed throws the same dice. */
export function diceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
