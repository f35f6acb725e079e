import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { callerOfAddress, callerOfHeader, principalOfHeader } from '../../core/guards/caller.ts';
import type { RequestHead } from '../../core/protocols/protocol.ts';
import type { HttpRequest } from '../../core/serving/http.ts';

const NO_QUERY: HttpRequest['query'] = {};

/**
 * Head of an incoming request.
 *
 * @param callerHeader header in which a trusted proxy identifies the caller; without it, the address of the peer does
 */
export function headOf(incoming: IncomingMessage, callerHeader?: string): RequestHead {
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: decoded(mark === -1 ? url : url.slice(0, mark)),
    query: mark === -1 ? NO_QUERY : Object.fromEntries(new URLSearchParams(url.slice(mark + 1))),
    headers: headersOf(incoming),
    caller: callerOf(incoming, callerHeader),
    principal:
      callerHeader === undefined ? undefined : principalOfHeader(incoming.headers[callerHeader] as string | undefined),
  };
}

function callerOf({ socket, headers }: IncomingMessage, header: string | undefined): string | undefined {
  if (header !== undefined) return callerOfHeader(headers[header] as string | undefined);
  let caller = callers.get(socket);
  if (caller === undefined && socket.remoteAddress !== undefined) {
    caller = callerOfAddress(socket.remoteAddress);
    callers.set(socket, caller);
  }
  return caller;
}

/** Callers by connection: all requests of a connection come from the same peer. */
const callers = new WeakMap<Socket, string>();

/** node:http gives every header as one string except set-cookie, which is not a request header. */
function headersOf({ headers }: IncomingMessage): HttpRequest['headers'] {
  if (headers['set-cookie'] !== undefined) delete headers['set-cookie'];
  return headers as HttpRequest['headers'];
}

/** Percent-decodes a path; an invalid one is returned unchanged. */
function decoded(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * Reads the body, truncated one byte beyond the limit.
 *
 * @param done called once; without a body when the caller disconnected before its end
 */
export function readBody(
  incoming: IncomingMessage,
  limit: number,
  done: (body: Uint8Array | undefined, truncated: boolean) => void,
): void {
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let bytes = 0;
  let ended = false;
  const end = (body: Uint8Array | undefined, truncated = false): void => {
    if (ended) return;
    ended = true;
    done(body, truncated);
  };
  const whole = (): Buffer => (more === undefined ? (first ?? EMPTY) : Buffer.concat([first!, ...more]));
  incoming.on('data', (chunk: Buffer) => {
    if (first === undefined) first = chunk;
    else if (more === undefined) more = [chunk];
    else more.push(chunk);
    bytes += chunk.length;
    if (bytes <= limit) return;
    incoming.pause();
    incoming.removeAllListeners('data');
    end(whole().subarray(0, limit + 1), true);
  });
  incoming.on('end', () => end(whole()));
  incoming.on('error', () => end(undefined));
  incoming.on('close', () => {
    if (!incoming.complete) end(undefined);
  });
}

const EMPTY = Buffer.alloc(0);
