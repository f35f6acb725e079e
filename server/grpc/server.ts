import { setTimeout as sleep } from 'node:timers/promises';
import {
  type handleUnaryCall,
  logVerbosity,
  Metadata,
  Server,
  type ServerUnaryCall,
  type ServiceError,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js';
import { InputError } from '../../core/contract/input-error.ts';
import { callerOfAddress, callerOfHeader, principalOfHeader } from '../../core/guards/caller.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import type { HttpResponse } from '../../core/serving/http.ts';
import type { Access } from '../access/access.ts';
import { callerOf } from '../access/caller.ts';
import type { TlsFiles } from '../access/tls-files.ts';
import type { DrainOptions, RequestHandler } from '../http/http-server.ts';
import type { AdmissionLimit } from '../lib/admission-limit.ts';
import { modelPath, responseOf, toHttpRequestOfCall } from './convert.ts';
import { addressOf, grpcCredentials, grpcGuard } from './grpc-guard.ts';
import type { ModelInferRequest, ModelInferResponse } from './messages.ts';
import { GRPCInferenceService, HealthService, SERVICE } from './service-definition.ts';
import { grpcStatusOf } from './status-codes.ts';

export interface GrpcOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** Largest message in bytes, received or sent. @default 64 MB */
  readonly messageLimit?: number;
  /** Limits the inferences in progress; shared with the HTTP server. @default no limit */
  readonly gate?: AdmissionLimit;
  /** Metadata key in which a trusted proxy identifies the caller, as the HTTP server's option. @default the address */
  readonly callerHeader?: string;
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
/** Idle time after which a connection is pinged; milliseconds. */
const KEEPALIVE_MS = 30_000;
const MAX_STREAMS = 1_000;

/**
 * Serves an endpoint over gRPC by the Open Inference Protocol v2: each call is passed on as the equivalent HTTP request.
 * Outputs are sent as raw contents when the inputs came so, else as typed contents.
 *
 * @throws Error when the port is taken
 */
export async function serveGrpc(endpoint: RequestHandler, options: GrpcOptions): Promise<GrpcServer> {
  // The library would write down what callers sent.
  setLogVerbosity(logVerbosity.NONE);
  const limit = options.messageLimit ?? MESSAGE_LIMIT;
  const { gate, callerHeader } = options;
  const guard = options.access && grpcGuard(options.access);
  const server = new Server({
    'grpc.max_receive_message_length': limit,
    'grpc.max_send_message_length': limit,
    'grpc.max_concurrent_streams': MAX_STREAMS,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    ...(guard === undefined ? {} : { interceptors: [guard.interceptor] }),
  });
  const get = (path: string, metadata?: Metadata) =>
    endpoint.handle({
      method: 'GET',
      path,
      query: {},
      headers: {},
      body: '',
      models: metadata && guard?.identity(metadata)?.models,
    });
  const serves = async (path: string, metadata?: Metadata): Promise<boolean> => {
    const { status: code, body } = await get(path, metadata);
    if (code === 404 || code === 400) throw new Refusal(code, textOf(body));
    return code === 200;
  };

  server.addService(GRPCInferenceService.service, {
    ServerLive: unary(async () => ({ live: await serves('/v2/health/live') })),
    ServerReady: unary(async () => ({ ready: await serves('/v2/health/ready') })),
    ModelReady: unary<Named, object>(async ({ request: { name, version }, metadata }) => ({
      ready: await serves(modelPath(name, version, '/ready'), metadata),
    })),
    ServerMetadata: unary(async () => jsonOf(await get('/v2'))),
    ModelMetadata: unary<Named, object>(async ({ request: { name, version }, metadata }) =>
      jsonOf(await get(modelPath(name, version), metadata)),
    ),
    ModelInfer: unary<ModelInferRequest, ModelInferResponse>(async (call) => {
      const { request } = call;
      const headers = headersOf(call.metadata);
      const named = callerHeader === undefined ? undefined : headers[callerHeader];
      const caller = callerHeader === undefined ? callerOfAddress(addressOf(call.getPeer())) : callerOfHeader(named);
      const said = { caller, principal: principalOfHeader(named) };
      const identity = guard?.identity(call.metadata);
      const http = toHttpRequestOfCall(request, headers, identity === undefined ? said : callerOf(said, identity));
      const response = await within(gate, http.body.length, () => endpoint.handle(http));
      call.sendMetadata(metadataOf(response.headers));
      if (response.status !== 200) throw new Refusal(response.status, textOf(response.body));
      return responseOf(response, request.raw_input_contents.length > 0);
    }),
  });
  server.addService(HealthService.service, {
    Check: unary<{ service: string }, object>(async ({ request: { service } }) => {
      if (service !== '' && service !== SERVICE) throw new Refusal(404, `there is no service ${service.slice(0, 64)}`);
      return { status: (await serves('/v2/health/ready')) ? 'SERVING' : 'NOT_SERVING' };
    }),
  });

  const host = options.host ?? '127.0.0.1';
  const name = host.includes(':') ? `[${host}]` : host;
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`${name}:${options.port}`, grpcCredentials(options.tls), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return {
    address: `${name}:${port}`,
    close: (patienceMs = 30_000) => close(server, patienceMs),
    drain: async ({ delayMs, timeoutMs }) => {
      await sleep(delayMs);
      await close(server, timeoutMs);
    },
  };
}

/** Runs within the admission limit. @throws Refusal when the limit is reached */
async function within<T>(gate: AdmissionLimit | undefined, bytes: number, run: () => Promise<T>): Promise<T> {
  try {
    gate?.acquire(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) throw new Refusal(error.status, error.message);
    throw error;
  }
  try {
    return await run();
  } finally {
    gate?.release(bytes);
  }
}

function close(server: Server, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.forceShutdown(), patienceMs);
    server.tryShutdown(() => {
      clearTimeout(late);
      resolve();
    });
  });
}

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

function unary<Request, Response>(
  answer: (call: ServerUnaryCall<Request, Response>) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    answer(call).then(
      (response) => callback(null, response),
      (error: unknown) => callback(failureOf(error)),
    );
  };
}

function failureOf(error: unknown): Partial<ServiceError> {
  if (error instanceof Refusal) return { code: grpcStatusOf(error.http), details: error.message };
  if (error instanceof InputError) return { code: status.INVALID_ARGUMENT, details: error.message };
  return { code: status.INTERNAL, details: 'internal error' };
}

const textOf = (body: HttpResponse['body']): string =>
  typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8');

function jsonOf({ status: code, body }: HttpResponse): object {
  if (code !== 200) throw new Refusal(code, textOf(body));
  return JSON.parse(textOf(body)) as object;
}

/** Metadata of the caller as headers, without that of the transport. */
function headersOf(metadata: Metadata): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata.getMap()))
    if (typeof value === 'string' && !/^(grpc-|content-|accept|te$|inference-header|authorization$)/.test(name))
      headers[name] = value;
  return headers;
}

function metadataOf(headers: HttpResponse['headers']): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers))
    if (/^(x-|trace|retry-after$)/.test(name)) metadata.set(name, value);
  return metadata;
}
