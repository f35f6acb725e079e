import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ProtocolError, type RequestHead } from '../../core/protocols/protocol.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import { createListener } from '../access/listener.ts';
import type { TlsFiles } from '../access/tls-files.ts';
import { openBounds, type ServerBounds } from '../admission/bounds.ts';
import type { CallerIdentity } from '../admission/caller-identity.ts';
import { connectionOf, type Exchange } from '../admission/connections.ts';
import { receiveBody } from '../admission/receive-body.ts';
import type { Ticket } from '../admission/ticket.ts';
import type { HeadDecision, HttpGuard } from './http-guard.ts';
import { answerBroken, endLater, faultOfHead, MAX_HEADERS, sendRaw } from './malformed-request.ts';
import { headOf } from './read-request.ts';
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
  /** Longest time in which a caller must send the head of a request. @default 10 s */
  readonly headTimeoutMs?: number;
  /** Longest time in which a caller must send a whole request. @default 60 s */
  readonly requestTimeoutMs?: number;
  /** How long an idle connection is kept; longer than load balancers keep theirs, so that they close first. @default 75 s */
  readonly keepAliveMs?: number;
  /** How long a connection may be silent during an exchange; longer than the slowest run. @default 10 minutes */
  readonly silenceMs?: number;
  /** What connections and requests may hold, and who their callers are. @default bounds of its own */
  readonly bounds?: ServerBounds;
  /** Who may send what. @default anybody may send anything */
  readonly guard?: HttpGuard | undefined;
  /** Certificate and key of the server. @default no TLS */
  readonly tls?: TlsFiles | undefined;
  /** Makes the answers to requests that other requests must not keep out, such as health checks. @returns undefined for all others */
  readonly first?: (head: RequestHead) => MakePage | undefined;
}

type MakePage = () => HttpResponse | Promise<HttpResponse>;

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
const BODY_LIMIT = 6 * 1024 * 1024;
/** What is not read of pages up to this size is not counted; bytes. */
const SMALL_PAGE = 4 * 1024;

/**
 * Serves an endpoint over node:http.
 *
 * @throws Error when the port is taken
 */
export async function serve(endpoint: RequestHandler, options: HttpOptions): Promise<HttpServer> {
  const host = options.host ?? '127.0.0.1';
  const bounds = options.bounds ?? openBounds({ largestBody: options.bodyLimit ?? BODY_LIMIT });
  const closeOwn = (): void => {
    if (options.bounds === undefined) bounds.close();
  };
  const answering = new Answering(endpoint, bounds, options);
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
    (incoming, outgoing) => answering.answer(incoming, outgoing),
  );
  server.on('checkContinue', (incoming, outgoing) => answering.answer(incoming, outgoing));
  server.on('checkExpectation', (incoming, outgoing) => answering.answer(incoming, outgoing));
  server.timeout = options.silenceMs ?? 600 * SECOND;
  // One more is read, so that it can be refused: those beyond are left out without a word.
  server.maxHeadersCount = MAX_HEADERS + 1;
  // Who sends no more may still want the answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  answerBroken(server, bounds.admission.refusals);
  bounds.connections.guard(server, (socket, error) => sendRaw(socket, refusalResponse(NO_HEAD, error)));
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
    close: async () => {
      await closed(server);
      closeOwn();
    },
    drain: async ({ delayMs, timeoutMs }) => {
      answering.draining = true;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const cut = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await closed(server);
      clearTimeout(cut);
      closeOwn();
    },
  };
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });

/** Of a connection that has not sent one yet. */
const NO_HEAD: RequestHead = { method: 'GET', path: '/', query: {}, headers: {} };

/** Who expects anything of us expects to be told to go on. */
const CONTINUE = /^100-continue$/i;

class Answering {
  /** Whether responses tell callers to close the connection. */
  draining = false;
  readonly #limit: number;
  readonly #identity: CallerIdentity;

  constructor(
    private readonly endpoint: RequestHandler,
    private readonly bounds: ServerBounds,
    private readonly options: HttpOptions,
  ) {
    this.#limit = options.bodyLimit ?? BODY_LIMIT;
    this.#identity = bounds.identity;
  }

  /** @param turn whether it has waited for its turn on the connection */
  answer(incoming: IncomingMessage, outgoing: ServerResponse, turn = false): void {
    const connection = connectionOf(incoming.socket);
    if (connection.closed) return;
    const who = this.#identity.of(connection.peer, incoming.headers);
    const head = headOf(incoming, who);
    const page = this.options.first?.(head);
    // Pages go one after the other: none is made while one before it is not read.
    const order = { turn, alone: page !== undefined };
    if (!connection.mayBegin(order)) {
      connection.later(order, () => this.answer(incoming, outgoing, true));
      if (connection.closed) stopParsing(incoming.socket);
      return;
    }
    const exchange = connection.begin();
    outgoing.on('close', () => exchange.end());
    const fault = faultOfHead(incoming) ?? this.#faultOfLength(incoming) ?? faultOfExpectation(incoming);
    const entry = fault === undefined ? this.options.guard?.enter(head, incoming) : undefined;
    const refusal = fault === undefined ? entry?.refusal : refusalResponse(head, fault);
    const caller = head.caller ?? connection.peer.caller ?? '';
    const admitted = { head, exchange, caller, shown: entry?.shown };
    if (refusal !== undefined) {
      this.#refuse(refusal, admitted, incoming, outgoing);
      return;
    }
    if (page === undefined) this.#receive(admitted, incoming, outgoing);
    else this.#show(page, admitted, incoming, outgoing);
  }

  /** Refuses by the head. What the caller does not read counts against its share, and gives way like other answers. */
  #refuse(
    refusal: HttpResponse,
    { head, exchange, caller }: Admitted,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): void {
    this.#send(outgoing, head.method, refusal, incoming);
    if (!isHeld(outgoing)) return;
    const { admission } = this.bounds;
    try {
      const ticket = admission.enter(caller, { cut: () => incoming.socket.destroy() });
      exchange.ticket = ticket;
      admission.arrived(ticket);
      admission.answered(ticket, refusal.body.length);
    } catch {
      incoming.socket.destroy();
    }
  }

  #show(
    page: MakePage,
    { head, exchange, caller, shown }: Admitted,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): void {
    const { pages } = this.bounds;
    try {
      const ticket = pages.enter(caller, { cut: () => incoming.socket.destroy() });
      exchange.ticket = ticket;
      pages.arrived(ticket);
      const response = page();
      void this.#give(head.method, shown === undefined ? response : shown(response), outgoing, { ticket, page: true });
    } catch (error) {
      this.#send(outgoing, head.method, refusalResponse(head, error as ProtocolError), incoming);
    }
  }

  #receive({ head, exchange, caller, shown }: Admitted, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { admission } = this.bounds;
    const refused = (error: ProtocolError): void =>
      this.#send(outgoing, head.method, refusalResponse(head, error), incoming);
    let ticket: Ticket;
    try {
      ticket = admission.enter(caller, { cut: (error) => cutOff(incoming, outgoing, () => refused(error)) });
      exchange.ticket = ticket;
      if (incoming.headers.expect !== undefined && incoming.httpVersion === '1.1') {
        admission.assertRoom(ticket, Number(incoming.headers['content-length'] ?? 0));
        outgoing.writeContinue();
      }
    } catch (error) {
      exchange.ticket?.leave();
      refused(error as ProtocolError);
      return;
    }
    receiveBody(incoming, {
      admission,
      ticket,
      limit: this.#limit,
      refused,
      // There is nobody to answer.
      lost: () => outgoing.destroy(),
      done: (body, truncated) => {
        if (truncated) admission.refusals.add('body-size');
        const packed = head.headers['content-encoding'] !== undefined;
        const hold = packed ? (bytes: number) => admission.grow(ticket, body.length + bytes) : undefined;
        // The spread comes last: V8 takes microseconds for one that other properties follow.
        const response = this.endpoint.handle({ body, hold, ...head });
        void this.#give(head.method, shown === undefined ? response : shown(response), outgoing, {
          ticket,
          ...(truncated ? { unread: incoming } : {}),
        });
      },
    });
  }

  /** A body that is too large by what its head says is refused before it comes. */
  #faultOfLength({ headers }: IncomingMessage): ProtocolError | undefined {
    const length = Number(headers['content-length'] ?? 0);
    if (length <= this.#limit) return undefined;
    this.bounds.admission.refusals.add('body-size');
    return new ProtocolError(413, `the body has ${length} bytes, there may be ${this.#limit}`);
  }

  async #give(
    method: string,
    response: HttpResponse | Promise<HttpResponse>,
    outgoing: ServerResponse,
    { ticket, unread, page = false }: Given,
  ): Promise<void> {
    try {
      const given = await response;
      this.#send(outgoing, method, given, unread);
      // Of a connection there is one page at most: small ones are bounded by the connections.
      if (page && given.body.length <= SMALL_PAGE) ticket.leave();
      else if (isHeld(outgoing)) (page ? this.bounds.pages : this.bounds.admission).answered(ticket, given.body.length);
      else if (page) ticket.leave();
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
    // Whoever was not told to go on may send the body all the same, or another request instead; of what came too slowly
    // the rest is not waited for.
    if (this.draining || status === 408 || unread?.headers.expect !== undefined) lines.push('connection', 'close');
    outgoing.writeHead(status, lines);
    // Text goes out in one piece with its head; ASCII, as most answers are, without being encoded anew.
    if (method === 'HEAD') outgoing.end();
    else if (unread?.complete === false) {
      outgoing.write(body);
      endLater(outgoing, unread);
    } else if (text) endWith(outgoing, body, length === body.length ? 'latin1' : 'utf8');
    else outgoing.end(body);
  }
}

interface Admitted {
  readonly head: RequestHead;
  readonly exchange: Exchange;
  /** Whose share it counts against. */
  readonly caller: string;
  readonly shown: HeadDecision['shown'];
}

/** What is known of a request that is being answered. */
interface Given {
  readonly ticket: Ticket;
  /** Whether its ticket is one for pages. */
  readonly page?: boolean;
  /** The request, when its body has not been read completely. */
  readonly unread?: IncomingMessage;
}

/** Only waiting for the word to go on is known; of HTTP/1.0, where there is none, it is ignored. */
function faultOfExpectation({ headers: { expect } }: IncomingMessage): ProtocolError | undefined {
  return expect === undefined || CONTINUE.test(expect)
    ? undefined
    : new ProtocolError(417, `expectation '${expect.slice(0, 40)}' cannot be met, 100-continue can`);
}

/**
 * Of a connection that has been closed, what was read already is parsed to its end, two thousand requests of it: 50 ms in
 * which nobody is answered. The parser ends at its next callback where node:http has it do so.
 */
function stopParsing(socket: Socket): void {
  (socket as { parser?: { pause?(): void } | null }).parser?.pause?.();
}

/** Whether the system has not taken an answer yet: it is held until the caller reads, or has read those before it. */
const isHeld = ({ socket }: ServerResponse): boolean => socket === null || socket.writableLength > 0;

/** Ends an exchange from outside: what has not been answered is refused, what is not read is closed. */
function cutOff(incoming: IncomingMessage, outgoing: ServerResponse, refuse: () => void): void {
  // The connection goes: an answer by itself would wait for those before it, and hold what it holds.
  if (outgoing.headersSent) incoming.socket.destroy();
  else refuse();
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
