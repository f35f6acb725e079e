import { constants, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { status } from '@grpc/grpc-js';
import type { CertificateNames } from '../../core/access/certificate-names.ts';
import { ProtocolError } from '../../core/errors/protocol-error.ts';
import type { HttpRequest } from '../../core/serving/http.ts';
import { callerOf } from '../access/caller.ts';
import type { TlsFiles } from '../access/tls-files.ts';
import { Admission } from '../admission/admission.ts';
import type { ServerBounds } from '../admission/bounds.ts';
import type { RequestCaller } from '../admission/caller-identity.ts';
import { connectionOf, type Exchange } from '../admission/connections.ts';
import { receiveBody } from '../admission/receive-body.ts';
import type { Ticket } from '../admission/ticket.ts';
import { Answer } from './answer.ts';
import { goingAway } from './going-away.ts';
import type { CallHead, GrpcGuard } from './grpc-guard.ts';
import { createHttp2Listener } from './listener.ts';
import { framed, PREFIX_BYTES, RpcError, timeoutOf, tooLarge, unframed } from './wire.ts';

/** Who makes a call, and which models it may be about. */
type CallerOfCall = Pick<HttpRequest, 'caller' | 'principal' | 'credential' | 'models'>;

/** One call. */
export interface Call {
  /** Metadata of the caller; of several values of a name, all, with commas between. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly who: CallerOfCall;
  /** Metadata that is sent before the answer, or with the status of a failure. */
  answerMetadata: Readonly<Record<string, string>>;
}

/** A method with one message in each direction. */
export interface UnaryMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** Whether it is answered where there is no room for others, as health checks are; its messages are small. */
  readonly probe: boolean;
  /** Looks at a message before it is decoded. @throws RpcError when that would take too long or hold too much */
  readonly check?: (bytes: Buffer) => void;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (message: never) => Uint8Array;
  /** @throws RpcError to end with its status; anything else ends as INTERNAL */
  readonly answer: (message: never, call: Call) => Promise<unknown>;
}

export interface UnaryServerOptions {
  readonly methods: readonly UnaryMethod[];
  readonly bounds: ServerBounds;
  /** Largest message in bytes, received or sent. */
  readonly messageLimit: number;
  /** Most calls at once on a connection. */
  readonly streams: number;
  /** Time that a new connection has to greet as HTTP/2 does; milliseconds. */
  readonly greetingMs: number;
  /** Time in which the whole message of a call must arrive; milliseconds. */
  readonly messageTimeoutMs: number;
  /** How long a call may be silent; longer than the slowest run; milliseconds. */
  readonly silenceMs: number;
  /** gRPC's status for a refusal of the server. */
  readonly refusal: (error: ProtocolError) => RpcError;
  /** Who may make which calls. @default anybody may make any */
  readonly guard: GrpcGuard | undefined;
  /** Certificate and key. @default no TLS */
  readonly tls: TlsFiles | undefined;
}

/** Time between two pings of a connection; one that has not answered by the next is closed; milliseconds. */
const PING_MS = 30_000;
/** What heads of calls may have; bytes. */
const HEADER_BYTES = 16 * 1024;
/** What a message of a probe may have; bytes. */
const PROBE_BYTES = 4 * 1024;
const MEGABYTE = 1024 * 1024;

/**
 * A gRPC server of unary calls over node:http2, by gRPC's protocol over HTTP/2
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). It counts every connection, stream and byte by the
 * bounds of the process before a message is decoded, which the server of @grpc/grpc-js has no place for.
 */
export class UnaryServer {
  readonly #server: Http2Server;
  readonly #methods: ReadonlyMap<string, UnaryMethod>;
  readonly #sessions = new Set<ServerHttp2Session>();
  /** Probes have room of their own. */
  readonly #probes: Admission;

  constructor(private readonly options: UnaryServerOptions) {
    const { bounds, messageLimit, streams, methods } = options;
    this.#methods = new Map(methods.map((method) => [method.path, method]));
    this.#probes = new Admission(
      { requests: 1_000, bytes: MEGABYTE, callerShare: 0.5, largestBody: PROBE_BYTES, bodyRate: 240, graceMs: 5_000 },
      bounds.admission.refusals,
    );
    this.#server = createHttp2Listener(
      options.tls,
      {
        settings: { maxConcurrentStreams: streams, maxHeaderListSize: HEADER_BYTES, enablePush: false },
        // In megabytes: answers that wait for their readers, beside what node:http2 itself has.
        maxSessionMemory: Math.ceil((4 * messageLimit) / MEGABYTE) + 16,
      },
      options.greetingMs,
    );
    this.#server.on('session', (session) => this.#open(session));
    this.#server.on('sessionError', () => undefined);
    bounds.connections.guard(this.#server, (socket, error) => turnAway(socket, error));
  }

  /** @returns the port @throws Error when it is taken */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes no more calls and waits for those in progress, at most `patienceMs`. */
  async close(patienceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const session of this.#sessions) session.close();
    const late = setTimeout(() => {
      for (const session of this.#sessions) session.destroy();
    }, patienceMs);
    await closed;
    clearTimeout(late);
    this.#probes.close();
  }

  #open(session: ServerHttp2Session): void {
    const { bounds, greetingMs } = this.options;
    const connection = connectionOf(session.socket as Socket);
    this.#sessions.add(session);
    const greeting = setTimeout(() => {
      bounds.admission.refusals.add('head-time');
      session.destroy();
    }, greetingMs);
    session.once('remoteSettings', () => clearTimeout(greeting));
    let unanswered = false;
    const pinging = setInterval(() => {
      if (unanswered) session.destroy();
      else unanswered = session.ping(() => (unanswered = false));
    }, PING_MS).unref();
    session.on('error', () => undefined);
    session.once('close', () => {
      clearTimeout(greeting);
      clearInterval(pinging);
      this.#sessions.delete(session);
    });
    session.on('stream', (stream, headers) => {
      const exchange = connection.begin();
      stream.on('close', () => exchange.end());
      // What can be said of it is said by the event that follows.
      stream.on('error', () => undefined);
      stream.setTimeout(this.options.silenceMs, () => stream.close(constants.NGHTTP2_CANCEL));
      const who = bounds.identity.of(connection.peer, headers);
      const peer = { address: connection.peer.caller, certificate: () => certificateOf(session.socket) };
      this.#take(new Answer(stream), headers, { exchange, who, peer });
    });
  }

  #take(answer: Answer, headers: IncomingHttpHeaders, { exchange, who: said, peer }: Admitted): void {
    const { stream } = answer;
    if (!/^application\/grpc(\+proto)?\s*(;|$)/.test(headers['content-type'] ?? '')) {
      answer.refuse(constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE);
      return;
    }
    if (headers[':method'] !== 'POST') {
      answer.refuse(constants.HTTP_STATUS_METHOD_NOT_ALLOWED);
      return;
    }
    try {
      const path = headers[':path'] ?? '';
      const method = this.#methods.get(path);
      if (method === undefined) throw new RpcError(status.UNIMPLEMENTED, `there is no method ${path.slice(0, 100)}`);
      const identity = this.options.guard?.({ path, headers, ...peer });
      const who = identity === undefined ? said : callerOf(said, identity);
      const caller = who.caller ?? peer.address ?? '';
      const deadline = headers['grpc-timeout'];
      if (typeof deadline === 'string') answer.within(timeoutOf(deadline));
      const admission = method.probe ? this.#probes : this.options.bounds.admission;
      const limit = method.probe ? PROBE_BYTES : this.options.messageLimit;
      const refused = (error: ProtocolError): void => answer.fail(this.options.refusal(error));
      const ticket = admission.enter(caller, {
        withinMs: this.options.messageTimeoutMs,
        cut: (error) => (stream.headersSent ? stream.close(constants.NGHTTP2_CANCEL) : refused(error)),
      });
      exchange.ticket = ticket;
      receiveBody(stream, {
        admission,
        ticket,
        limit: limit + PREFIX_BYTES,
        refused,
        lost: () => undefined,
        done: (body, truncated) => {
          if (truncated) {
            admission.refusals.add('body-size');
            answer.fail(tooLarge(`more than ${limit} bytes`, limit));
            admission.answered(ticket, 0);
          } else void this.#answer(answer, method, { body, headers, who, ticket, admission, limit });
        },
      });
    } catch (error) {
      answer.fail(this.#failureOf(error));
    }
  }

  async #answer(answer: Answer, method: UnaryMethod, received: Received): Promise<void> {
    const { body, headers, who, ticket, admission, limit } = received;
    const call: Call = { metadata: metadataOf(headers), who, answerMetadata: {} };
    try {
      const bytes = await unframed(body, headers['grpc-encoding'] as string | undefined, {
        limit,
        caller: ticket.use.caller,
        hold: (more) => admission.grow(ticket, body.length + more),
      });
      method.check?.(bytes);
      const message = deserialized(method, bytes);
      const response = method.responseSerialize((await method.answer(message as never, call)) as never);
      if (response.length > this.options.messageLimit)
        throw new RpcError(
          status.RESOURCE_EXHAUSTED,
          `the answer has ${response.length} bytes, there may be ${this.options.messageLimit}`,
        );
      answer.give(framed(response), call.answerMetadata);
      admission.answered(ticket, response.length);
    } catch (error) {
      answer.fail(this.#failureOf(error), call.answerMetadata);
      // It may wait for its caller from now on, as any other answer.
      admission.answered(ticket, 0);
    }
  }

  #failureOf(error: unknown): RpcError {
    if (error instanceof RpcError) return error;
    if (error instanceof ProtocolError) return this.options.refusal(error);
    return new RpcError(status.INTERNAL, 'internal error');
  }
}

interface Admitted {
  readonly exchange: Exchange;
  readonly who: RequestCaller;
  readonly peer: Pick<CallHead, 'address' | 'certificate'>;
}

interface Received {
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
  readonly who: CallerOfCall;
  readonly ticket: Ticket;
  readonly admission: Admission;
  readonly limit: number;
}

function deserialized(method: UnaryMethod, bytes: Buffer): unknown {
  try {
    return method.requestDeserialize(bytes);
  } catch {
    throw new RpcError(status.INTERNAL, 'the message cannot be parsed');
  }
}

/** Metadata of a caller, without what belongs to HTTP/2, and without values in binary. */
function metadataOf(headers: IncomingHttpHeaders): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string' && !name.startsWith(':') && !name.endsWith('-bin')) metadata[name] = value;
  }
  return metadata;
}

/** Tells a client of HTTP/2 why it cannot have a connection. */
function turnAway(socket: Socket, error: ProtocolError): void {
  socket.on('error', () => socket.destroy());
  socket.end(goingAway(error.message), () => socket.destroy());
}

/** A socket of HTTP/2 stands for that of TLS: what it is can be told by what it has. */
function certificateOf(socket: object): CertificateNames | undefined {
  const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>;
  return authorized === true ? getPeerCertificate?.() : undefined;
}
