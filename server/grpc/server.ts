import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { InputError } from '../../core/contract/input-error.ts';
import type { ProtocolError } from '../../core/errors/protocol-error.ts';
import type { HttpResponse } from '../../core/serving/http.ts';
import type { Access } from '../access/access.ts';
import type { TlsFiles } from '../access/tls-files.ts';
import { openBounds, type ServerBounds } from '../admission/bounds.ts';
import type { DrainOptions, RequestHandler } from '../http/http-server.ts';
import { modelPath, responseOf, toHttpRequestOfCall } from './convert.ts';
import { grpcGuard } from './grpc-guard.ts';
import { assertDecodable } from './message-parts.ts';
import type { ModelInferRequest } from './messages.ts';
import { GRPCInferenceService, HealthService, SERVICE } from './service-definition.ts';
import { grpcStatusOf } from './status-codes.ts';
import { type Call, type UnaryMethod, UnaryServer } from './unary-server.ts';
import { RpcError } from './wire.ts';

export interface GrpcOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** Largest message in bytes, received or sent. @default 64 MB */
  readonly messageLimit?: number;
  /** Most calls at once on a connection. @default 100 */
  readonly streams?: number;
  /** Longest time in which a new connection must greet. @default 10 s */
  readonly headTimeoutMs?: number;
  /** Longest time in which the message of a call must arrive. @default 60 s */
  readonly messageTimeoutMs?: number;
  /** How long a call may be silent; longer than the slowest run. @default 10 minutes */
  readonly silenceMs?: number;
  /** What connections and calls may hold, shared with the HTTP server. @default bounds of its own */
  readonly bounds?: ServerBounds;
  /** Who may make which calls. @default anybody may make any */
  readonly access?: Access | undefined;
  /** Certificate and key of the server. @default no TLS */
  readonly tls?: TlsFiles | undefined;
}

export interface GrpcServer {
  /** `host:port`, as gRPC clients want it. */
  readonly address: string;
  /** Takes no more calls and waits for those in progress, at most `patienceMs`. */
  close(patienceMs?: number): Promise<void>;
  /** Takes calls for `delayMs` more, until load balancers have noticed that this server is unready, then closes. */
  drain(options: DrainOptions): Promise<void>;
}

const MESSAGE_LIMIT = 64 * 1024 * 1024;
const SECOND = 1_000;

/**
 * Serves an endpoint over gRPC by the Open Inference Protocol v2: each call is passed on as the equivalent HTTP request.
 * Outputs are sent as raw contents when the inputs came so, else as typed contents.
 *
 * @throws Error when the port is taken
 */
export async function serveGrpc(endpoint: RequestHandler, options: GrpcOptions): Promise<GrpcServer> {
  const limit = options.messageLimit ?? MESSAGE_LIMIT;
  const bounds = options.bounds ?? openBounds({ largestBody: limit });
  const get = (path: string, call?: Call) =>
    endpoint.handle({ method: 'GET', path, query: {}, headers: {}, body: '', models: call?.who.models });
  const serves = async (path: string, call?: Call): Promise<boolean> => {
    const { status: code, body } = await get(path, call);
    if (code === 404 || code === 400) throw new Refusal(code, textOf(body));
    return code === 200;
  };

  const inference = methodsOf(GRPCInferenceService);
  const methods = [
    probe(inference('ServerLive'), async () => ({ live: await serves('/v2/health/live') })),
    probe(inference('ServerReady'), async () => ({ ready: await serves('/v2/health/ready') })),
    unary<Named>(inference('ModelReady'), async ({ name, version }, call) => ({
      ready: await serves(modelPath(name, version, '/ready'), call),
    })),
    unary(inference('ServerMetadata'), async () => jsonOf(await get('/v2'))),
    unary<Named>(inference('ModelMetadata'), async ({ name, version }, call) =>
      jsonOf(await get(modelPath(name, version), call)),
    ),
    unary<ModelInferRequest>({ ...inference('ModelInfer'), check: assertDecodable }, async (message, call) => {
      const response = await endpoint.handle(toHttpRequestOfCall(message, headersOf(call), call.who));
      call.answerMetadata = metadataOf(response.headers);
      if (response.status !== 200) throw new Refusal(response.status, textOf(response.body));
      return responseOf(response, message.raw_input_contents.length > 0);
    }),
    probe<{ service: string }>(methodsOf(HealthService)('Check'), async ({ service }) => {
      if (service !== '' && service !== SERVICE) throw new Refusal(404, `there is no service ${service.slice(0, 64)}`);
      return { status: (await serves('/v2/health/ready')) ? 'SERVING' : 'NOT_SERVING' };
    }),
  ];
  const server = new UnaryServer({
    methods,
    bounds,
    messageLimit: limit,
    streams: options.streams ?? 100,
    greetingMs: options.headTimeoutMs ?? 10 * SECOND,
    messageTimeoutMs: options.messageTimeoutMs ?? 60 * SECOND,
    silenceMs: options.silenceMs ?? 600 * SECOND,
    refusal: refusalOf,
    guard: options.access && grpcGuard(options.access),
    tls: options.tls,
  });
  const host = options.host ?? '127.0.0.1';
  const name = host.includes(':') ? `[${host}]` : host;
  const port = await server.listen(options.port, host);
  const close = async (patienceMs: number): Promise<void> => {
    await server.close(patienceMs);
    if (options.bounds === undefined) bounds.close();
  };
  return {
    address: `${name}:${port}`,
    close: (patienceMs = 30 * SECOND) => close(patienceMs),
    drain: async ({ delayMs, timeoutMs }) => {
      await sleep(delayMs);
      await close(timeoutMs);
    },
  };
}

/** gRPC's form of a refusal, with the time after which it is worth trying again. */
function refusalOf({ status: code, message, retryAfterSeconds }: ProtocolError): RpcError {
  const retry: Record<string, string> = {};
  if (retryAfterSeconds !== undefined) {
    retry['retry-after'] = String(Math.ceil(retryAfterSeconds));
    retry['grpc-retry-pushback-ms'] = String(Math.ceil(1_000 * retryAfterSeconds));
  }
  return new RpcError(grpcStatusOf(code), message, retry);
}

type Wire = Pick<UnaryMethod, 'path' | 'check' | 'requestDeserialize' | 'responseSerialize'>;

/** How the methods of a service are called, and their messages are written. */
const methodsOf =
  ({ service }: typeof GRPCInferenceService) =>
  (name: string): Wire => {
    const { path, requestDeserialize, responseSerialize } = service[name]!;
    return { path, requestDeserialize, responseSerialize };
  };

type AnswerOf<Request> = (message: Request, call: Call) => Promise<object>;

const unary = <Request>(wire: Wire, answer: AnswerOf<Request>): UnaryMethod => ({
  ...wire,
  probe: false,
  answer: (message: Request, call) => answer(message, call).catch(fail),
});

const probe = <Request>(wire: Wire, answer: AnswerOf<Request>): UnaryMethod => ({
  ...unary(wire, answer),
  probe: true,
});

interface Named {
  readonly name: string;
  readonly version: string;
}

/** An error response of the endpoint, by its HTTP status. */
class Refusal extends Error {
  constructor(
    readonly http: number,
    body: string,
  ) {
    super(messageOf(body));
  }
}

/** `{"error": message}` is how v2 refuses. */
function messageOf(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === 'string' ? error : body;
  } catch {
    return body;
  }
}

/** @throws RpcError for what a caller did wrong */
function fail(error: unknown): never {
  if (error instanceof Refusal) throw new RpcError(grpcStatusOf(error.http), error.message);
  if (error instanceof InputError) throw new RpcError(status.INVALID_ARGUMENT, error.message);
  throw error;
}

const textOf = (body: HttpResponse['body']): string =>
  typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8');

function jsonOf({ status: code, body }: HttpResponse): object {
  if (code !== 200) throw new Refusal(code, textOf(body));
  return JSON.parse(textOf(body)) as object;
}

/** Metadata of the caller as headers, without that of the transport. */
function headersOf({ metadata }: Call): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata))
    if (!/^(grpc-|content-|accept|te$|inference-header|authorization$)/.test(name)) headers[name] = value;
  return headers;
}

function metadataOf(headers: HttpResponse['headers']): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (/^(x-|trace|retry-after$)/.test(name)) metadata[name] = value;
  return metadata;
}
