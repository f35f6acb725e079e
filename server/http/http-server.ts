import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProtocolError, RequestHead } from '../../core/protocols/protocol.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import { createListener } from '../access/listener.ts';
import type { TlsFiles } from '../access/tls-files.ts';
import type { AdmissionLimit } from '../lib/admission-limit.ts';
import type { HttpGuard } from './http-guard.ts';
import { answerBroken, endLater, faultOfHead, MAX_HEADERS } from './malformed-request.ts';
import { headOf, readBody } from './read-request.ts';
import { refusalResponse } from './refusal.ts';

/** Answers requests; errors are responses, so it never throws. */
export interface RequestHandler {
  handle(request: HttpRequest): Promise<HttpResponse>;
}

export interface HttpOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** Largest body in bytes. Of a larger one, one byte more is passed on, so that the protocol refuses it. @default 6 MB */
  readonly bodyLimit?: number;
  /** Most open connections; further ones are closed immediately. @default 10,000 */
  readonly maxConnections?: number;
  /** Longest time in which a caller must send the head of a request. @default 10 s */
  readonly headTimeoutMs?: number;
  /** Longest time in which a caller must send a whole request. @default 60 s */
  readonly requestTimeoutMs?: number;
  /** How long an idle connection is kept; longer than load balancers keep theirs, so that they close first. @default 75 s */
  readonly keepAliveMs?: number;
  /** How long a connection may be silent during an exchange; longer than the slowest run. @default 10 minutes */
  readonly silenceMs?: number;
  /**
   * Header, in lower case, in which a trusted proxy identifies the caller, such as `x-forwarded-for`. Only for a server
   * that can be reached through that proxy alone, because clients can set the header themselves. @default the address
   */
  readonly callerHeader?: string;
  /** Limits the requests in progress, from before the body is read until the response is sent. @default no limit */
  readonly gate?: AdmissionLimit;
  /** Who may send what. @default anybody may send anything */
  readonly guard?: HttpGuard | undefined;
  /** Certificate and key of the server. @default no TLS */
  readonly tls?: TlsFiles | undefined;
  /** Answers requests that the limit must not refuse, such as health checks. @returns undefined for all others */
  readonly first?: (head: RequestHead) => HttpResponse | Promise<HttpResponse> | undefined;
}

export interface HttpServer {
  readonly url: string;
  /** Stops listening and waits for the responses in progress. */
  close(): Promise<void>;
  /** Goes on answering while callers are told to close their connections, then closes. */
  drain(options: DrainOptions): Promise<void>;
}

export interface DrainOptions {
  /** How long new connections are still accepted, until load balancers have noticed that the server is unready. */
  readonly delayMs: number;
  /** After that, how long responses in progress may take before their connections are closed. */
  readonly timeoutMs: number;
}

const SECOND = 1_000;

/**
 * Serves an endpoint over node:http.
 *
 * @throws Error when the port is taken
 */
export async function serve(endpoint: RequestHandler, options: HttpOptions): Promise<HttpServer> {
  const host = options.host ?? '127.0.0.1';
  const exchange = new Exchange(endpoint, options);
  const headersTimeout = options.headTimeoutMs ?? 10 * SECOND;
  const requestTimeout = Math.max(headersTimeout, options.requestTimeoutMs ?? 60 * SECOND);
  const server = createListener(
    options.tls,
    {
      headersTimeout,
      requestTimeout,
      keepAliveTimeout: options.keepAliveMs ?? 75 * SECOND,
      connectionsCheckingInterval: Math.ceil(headersTimeout / 4),
      noDelay: true,
      // Refused here, in the protocol's own form.
      requireHostHeader: false,
    },
    (incoming, outgoing) => exchange.answer(incoming, outgoing),
  );
  server.timeout = options.silenceMs ?? 600 * SECOND;
  server.maxConnections = options.maxConnections ?? 10_000;
  // One more is read, so that it can be refused: those beyond are left out without a word.
  server.maxHeadersCount = MAX_HEADERS + 1;
  // Who sends no more may still want the answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  answerBroken(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () => closed(server),
    drain: async ({ delayMs, timeoutMs }) => {
      exchange.draining = true;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const cut = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await closed(server);
      clearTimeout(cut);
    },
  };
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });

class Exchange {
  /** Whether responses tell callers to close the connection. */
  draining = false;
  readonly #limit: number;

  constructor(
    private readonly endpoint: RequestHandler,
    private readonly options: HttpOptions,
  ) {
    this.#limit = options.bodyLimit ?? 6 * 1024 * 1024;
  }

  answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const head = headOf(incoming, this.options.callerHeader);
    const fault = faultOfHead(incoming);
    if (fault !== undefined) {
      this.#send(outgoing, head.method, refusalResponse(head, fault), incoming);
      return;
    }
    const entry = this.options.guard?.enter(head, incoming);
    if (entry?.refusal !== undefined) {
      this.#send(outgoing, head.method, entry.refusal, incoming);
      return;
    }
    const first = this.options.first?.(head);
    if (first !== undefined) {
      void this.#give(head.method, entry?.shown === undefined ? first : entry.shown(first), outgoing);
      return;
    }
    const { gate } = this.options;
    if (gate !== undefined) {
      // A body of unknown length may be as long as the limit.
      const bytes = Math.min(Number(head.headers['content-length'] ?? this.#lengthOf(incoming)), this.#limit);
      try {
        gate.acquire(bytes);
      } catch (error) {
        this.#send(outgoing, head.method, refusalResponse(head, error as ProtocolError));
        return;
      }
      outgoing.on('close', () => gate.release(bytes));
    }
    readBody(incoming, this.#limit, (body, truncated) => {
      // The caller has gone away in the middle of the body; there is nobody to answer.
      if (body === undefined) outgoing.destroy();
      else
        void this.#give(
          head.method,
          // The spread comes last: V8 takes microseconds for one that other properties follow.
          entry?.shown === undefined
            ? this.endpoint.handle({ body, ...head })
            : entry.shown(this.endpoint.handle({ body, ...head })),
          outgoing,
          truncated ? incoming : undefined,
        );
    });
  }

  #lengthOf({ headers }: IncomingMessage): number {
    return headers['transfer-encoding'] === undefined ? 0 : this.#limit;
  }

  /** @param unread the request, when its body has not been read completely */
  async #give(
    method: string,
    response: HttpResponse | Promise<HttpResponse>,
    outgoing: ServerResponse,
    unread?: IncomingMessage,
  ): Promise<void> {
    try {
      this.#send(outgoing, method, await response, unread);
    } catch {
      // What cannot be sent is not left waiting.
      outgoing.destroy();
    }
  }

  /** @param unread the request, when its body has not been read completely */
  #send(
    outgoing: ServerResponse,
    method: string,
    { status, headers, body }: HttpResponse,
    unread?: IncomingMessage,
  ): void {
    const text = typeof body === 'string';
    const length = text ? Buffer.byteLength(body) : body.byteLength;
    // Names and values by turns: node:http reads them as they are, where an object would first be made for it.
    const lines: (string | number)[] = ['content-length', length];
    for (const name in headers) lines.push(name, headers[name]!);
    if (this.draining) lines.push('connection', 'close');
    outgoing.writeHead(status, lines);
    // Text goes out in one piece with its head; ASCII, as most answers are, without being encoded anew.
    if (method === 'HEAD') outgoing.end();
    else if (unread !== undefined) {
      outgoing.write(body);
      endLater(outgoing, unread);
    } else if (text) endWith(outgoing, body, length === body.length ? 'latin1' : 'utf8');
    else outgoing.end(body);
  }
}

/**
 * Ends a response with a string. `end(text)` queues an empty chunk after the text, and the two are sent by a gathering
 * write, which costs a tenth of the time of a short response. Writing the text first leaves nothing to gather.
 */
function endWith(outgoing: ServerResponse, text: string, encoding: BufferEncoding): void {
  const { socket } = outgoing;
  // It waits for an answer before it on the same connection.
  if (socket === null) {
    outgoing.end(text, encoding);
    return;
  }
  socket.cork();
  outgoing.write(text, encoding);
  socket.uncork();
  outgoing.end();
}
