import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProtocolError, RequestHead } from '../../core/protocols/protocol.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import type { AdmissionLimit } from '../lib/admission-limit.ts';
import { answerBroken, endLater, faultOfHead, MAX_HEADERS } from './malformed-request.ts';
import { headOf, readBody } from './read-request.ts';
import { refusalResponse } from './refusal.ts';

/** Whatever answers requests and does not throw: an endpoint. */
export interface RequestHandler {
  handle(request: HttpRequest): Promise<HttpResponse>;
}

export interface HttpOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** Most bytes of a body that are read; one more byte is handed on, so that the protocol itself refuses. @default 6 MB */
  readonly bodyLimit?: number;
  /** Connections at once; more are closed as they come. @default 10,000 */
  readonly maxConnections?: number;
  /** How long a caller may take to send the head of a request. @default 10 s */
  readonly headTimeoutMs?: number;
  /** How long a caller may take to send a whole request. @default 60 s */
  readonly requestTimeoutMs?: number;
  /** How long a connection is kept without a request; longer than a load balancer keeps it. @default 75 s */
  readonly keepAliveMs?: number;
  /** How long a connection may be silent in the middle of an exchange: the slowest run, and more. @default 10 minutes */
  readonly silenceMs?: number;
  /**
   * Header in lower case in which the proxy in front says who the caller is, such as `x-forwarded-for`. Only for a server
   * that nobody reaches but through that proxy: anybody else may write what they like into it. @default the address
   */
  readonly callerHeader?: string;
  /** Bounds the requests that are under way, from before their body is read until their answer is sent. @default none */
  readonly gate?: AdmissionLimit;
  /** Answers what must be answered whatever is going on, such as health, before the gate. */
  readonly first?: (head: RequestHead) => HttpResponse | Promise<HttpResponse> | undefined;
}

export interface HttpServer {
  readonly url: string;
  /** Stops listening and waits for the answers that are under way. */
  close(): Promise<void>;
  /** Goes on answering while callers are told to close their connections, then stops as `close` does. */
  drain(options: DrainOptions): Promise<void>;
}

export interface DrainOptions {
  /** How long new connections are still taken: until load balancers have seen that this is not ready any more. */
  readonly delayMs: number;
  /** After that, how long answers under way may take before their connections are cut. */
  readonly timeoutMs: number;
}

const SECOND = 1_000;

/**
 * Serves an endpoint over node:http.
 *
 * @throws when the port is taken
 */
export async function serve(endpoint: RequestHandler, options: HttpOptions): Promise<HttpServer> {
  const host = options.host ?? '127.0.0.1';
  const exchange = new Exchange(endpoint, options);
  const headersTimeout = options.headTimeoutMs ?? 10 * SECOND;
  const requestTimeout = Math.max(headersTimeout, options.requestTimeoutMs ?? 60 * SECOND);
  const server = createServer(
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
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
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
  /** Whether callers are told that this is the last answer on their connection. */
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
    const first = this.options.first?.(head);
    if (first !== undefined) {
      void this.#give(head.method, first, outgoing);
      return;
    }
    const { gate } = this.options;
    if (gate !== undefined) {
      // What has no length beforehand may be as long as is allowed.
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
          this.endpoint.handle({ body, ...head }),
          outgoing,
          truncated ? incoming : undefined,
        );
    });
  }

  #lengthOf({ headers }: IncomingMessage): number {
    return headers['transfer-encoding'] === undefined ? 0 : this.#limit;
  }

  /** @param unread the request, where it has not come whole */
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

  /** @param unread the request, where it has not come whole */
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
 * Ends an answer with a text. `end` by itself has an empty piece follow the last one, and both go out by a call that
 * gathers pieces, which costs a tenth of a short answer; a write that has gone out before leaves nothing to follow.
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
