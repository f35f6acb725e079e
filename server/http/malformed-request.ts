import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestHead } from '../../core/protocols/protocol.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import type { HttpResponse } from '../../core/serving/http.ts';
import type { RefusalCounts } from '../admission/refusal-counts.ts';
import { headOf } from './read-request.ts';
import { refusalResponse } from './refusal.ts';
import { faultOfTarget } from './request-target.ts';

/** Error of node:http for bytes that it cannot parse. */
type ParseError = Error & { readonly code?: string; readonly reason?: string; readonly rawPacket?: Buffer };

/** A connection of node:http, with the response that is currently sent on it. */
type HttpSocket = Socket & { readonly _httpMessage?: (ServerResponse & { readonly req: IncomingMessage }) | null };

/** How long the rest of a refused request is read; milliseconds. */
const LINGER_MS = 2_000;

export const MAX_HEADERS = 100;

/** What is wrong with a request head that node:http accepts; undefined when it is valid. */
export function faultOfHead(incoming: IncomingMessage): ProtocolError | undefined {
  if (incoming.rawHeaders.length > 2 * MAX_HEADERS)
    return new ProtocolError(431, `there are too many headers, there may be ${MAX_HEADERS}`);
  return faultOfTarget(incoming) ?? faultOfCoding(incoming);
}

/** A body in a transfer coding that is not undone here would be taken for what it is not (RFC 9112, 6.1). */
function faultOfCoding({ headers: { 'transfer-encoding': coding } }: IncomingMessage): ProtocolError | undefined {
  return coding === undefined || coding.toLowerCase() === 'chunked'
    ? undefined
    : new ProtocolError(
        501,
        `transfer coding '${coding.slice(0, 40)}' is not known, expected chunked: say gzip by Content-Encoding`,
      );
}

/** Methods that any path allows, named to callers of CONNECT. */
const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS'];

/**
 * Answers malformed and unsupported HTTP requests like other bad requests. By default, node:http would send an empty
 * response or none at all, and discard the other exchanges in progress on the connection.
 */
export function answerBroken(server: Server, refusals: RefusalCounts): void {
  const refused = new WeakSet<Socket>();
  const { headersTimeout, requestTimeout } = server;
  server.on('clientError', (error: ParseError, socket: Socket) => {
    // The error is repeated for all further bytes of the connection; one response is enough.
    if (refused.has(socket)) return;
    refused.add(socket);
    if (error.code !== 'ERR_HTTP_REQUEST_TIMEOUT') refuse(socket as HttpSocket, faultOf(error), error);
    else {
      const inBody = (socket as HttpSocket)._httpMessage?.req.complete === false;
      refusals.add(inBody ? 'body-time' : 'head-time');
      refuse(socket as HttpSocket, tooLate(inBody ? undefined : headersTimeout, requestTimeout), error);
    }
  });
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    const error = new ProtocolError(405, 'method CONNECT is not allowed, there is no tunnel here', {
      allowed: METHODS,
    });
    sendRaw(socket, refusalResponse(headOf(incoming), error));
  });
}

/**
 * Ends a response that was written before the whole request had arrived. The rest of the request is read for a while,
 * because closing a connection with unread data discards the response.
 */
export function endLater(outgoing: ServerResponse, incoming: IncomingMessage): void {
  const late = setTimeout(() => incoming.destroy(), LINGER_MS);
  incoming.once('end', () => outgoing.end());
  incoming.once('close', () => clearTimeout(late));
  incoming.resume();
}

function refuse(socket: HttpSocket, fault: ProtocolError, error: ParseError): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const pending = socket._httpMessage;
  // Complete requests before it on the connection are answered first.
  if (pending?.req.complete) {
    pending.once('close', () => refuse(socket, fault, error));
    return;
  }
  // A response that has begun cannot be replaced by another.
  if (pending?.headersSent) socket.destroy();
  else sendRaw(socket, refusalResponse(pending ? headOf(pending.req) : sniffed(error), fault));
}

/** @param headMs time for the head, where it is the head that was too slow; milliseconds */
function tooLate(headMs: number | undefined, requestMs: number): ProtocolError {
  const what = headMs === undefined ? 'it may take' : 'its head may take';
  return new ProtocolError(408, `the request did not come in time, ${what} ${(headMs ?? requestMs) / 1_000} s`, {
    retryAfterSeconds: 1,
  });
}

function faultOf({ code, reason, message }: ParseError): ProtocolError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      // Later versions of Node count them besides.
      return new ProtocolError(
        431,
        `the headers are too large or too many, they may be ${MAX_HEADERS} of 16 KB in all`,
      );
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new ProtocolError(413, 'the extensions of a chunk are too large, they may have 16 KB');
    case 'HPE_INVALID_EOF_STATE':
      return new ProtocolError(400, 'the request breaks off');
    default:
      return new ProtocolError(400, `the request is no HTTP/1.1: ${reason ?? message}`);
  }
}

/** Head of the malformed request as far as it can be read, so that the error has the form of its protocol. */
function sniffed({ rawPacket }: ParseError): RequestHead {
  const start = rawPacket?.toString('latin1', 0, 4_096) ?? '';
  const [, method = 'GET', path = '/'] = /^([A-Z]+) (\/[^\s?]*)/.exec(start) ?? [];
  return { method, path, query: {}, headers: {} };
}

/** Answers on a connection that node:http does not answer on, or no more, and closes it. */
export function sendRaw(socket: Socket, { status, headers, body }: HttpResponse): void {
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`);
  socket.resume();
  const end = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(end));
}
