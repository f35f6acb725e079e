import type { IncomingMessage } from 'node:http';
import { callerOfAddress, callerOfHeader } from '../../core/guards/caller.ts';
import type { HttpRequest } from '../../core/serving/http.ts';

/** A request before its body has been read. */
export type RequestHead = Omit<HttpRequest, 'body'>;

const NO_QUERY: HttpRequest['query'] = {};

/** @param callerHeader header in which a trusted proxy says who the caller is; without one it is the connection's other end */
export function headOf(incoming: IncomingMessage, callerHeader?: string): RequestHead {
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: decoded(mark === -1 ? url : url.slice(0, mark)),
    query: mark === -1 ? NO_QUERY : Object.fromEntries(new URLSearchParams(url.slice(mark + 1))),
    headers: headersOf(incoming),
    caller: callerOf(incoming, callerHeader),
  };
}

function callerOf({ socket, headers }: IncomingMessage, header: string | undefined): string | undefined {
  if (header !== undefined) return callerOfHeader(headers[header] as string | undefined);
  return socket.remoteAddress === undefined ? undefined : callerOfAddress(socket.remoteAddress);
}

/** Node gives every header as one text, but for this one, which is no caller's to send. */
function headersOf({ headers }: IncomingMessage): HttpRequest['headers'] {
  if (headers['set-cookie'] !== undefined) delete headers['set-cookie'];
  return headers as HttpRequest['headers'];
}

/** Percent-decoded; as it is where it cannot be. */
function decoded(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * The body, cut off one byte beyond the limit.
 *
 * @throws when the caller goes away in the middle
 */
export function bodyOf(incoming: IncomingMessage, limit: number): Promise<{ body: Uint8Array; truncated: boolean }> {
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    const more: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      if (first === undefined) first = chunk;
      else more.push(chunk);
      bytes += chunk.length;
      if (bytes <= limit) return;
      incoming.pause();
      incoming.removeAllListeners('data');
      resolve({ body: Buffer.concat([first, ...more]).subarray(0, limit + 1), truncated: true });
    });
    incoming.on('end', () =>
      resolve({ body: more.length === 0 ? (first ?? EMPTY) : Buffer.concat([first!, ...more]), truncated: false }),
    );
    incoming.on('error', reject);
    incoming.on('close', () => {
      if (!incoming.complete) reject(new Error('the connection was closed'));
    });
  });
}

const EMPTY = Buffer.alloc(0);
