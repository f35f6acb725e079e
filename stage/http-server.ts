import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpRequest, HttpResponse } from '../core/serving/http.ts';

/** Whatever answers requests and does not throw: an endpoint. */
export interface RequestHandler {
  handle(request: HttpRequest): Promise<HttpResponse>;
}

export interface ServeOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** Most bytes of a body that are read; one more byte is handed on, so that the protocol itself refuses. @default 6 MB */
  readonly bodyLimit?: number;
}

export interface HttpServer {
  readonly url: string;
  /** Stops listening and waits for the answers that are under way. */
  close(): Promise<void>;
}

/**
 * Serves an endpoint over node:http.
 *
 * @throws when the port is taken
 */
export async function serve(endpoint: RequestHandler, options: ServeOptions): Promise<HttpServer> {
  const host = options.host ?? '127.0.0.1';
  const limit = options.bodyLimit ?? 6 * 1024 * 1024;
  const server = createServer((incoming, outgoing) => {
    void exchange(endpoint, incoming, outgoing, limit);
  });
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function exchange(
  endpoint: RequestHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  limit: number,
): Promise<void> {
  try {
    const { body, truncated } = await bodyOf(incoming, limit);
    const { status, headers, body: answer } = await endpoint.handle(requestOf(incoming, body));
    const bytes = typeof answer === 'string' ? Buffer.from(answer) : answer;
    // What is left of too large a body is not read: the connection cannot be used again.
    if (truncated) outgoing.setHeader('connection', 'close');
    outgoing.writeHead(status, { ...headers, 'content-length': String(bytes.length) });
    outgoing.end(incoming.method === 'HEAD' ? undefined : bytes);
    if (truncated) outgoing.once('finish', () => incoming.destroy());
  } catch {
    // The caller has gone away in the middle of the body; there is nobody to answer.
    outgoing.destroy();
  }
}

/** The body, cut off one byte beyond the limit. */
async function bodyOf(incoming: IncomingMessage, limit: number): Promise<{ body: Uint8Array; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    incoming.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= limit) return;
      incoming.pause();
      incoming.removeAllListeners('data');
      resolve({ body: Buffer.concat(chunks).subarray(0, limit + 1), truncated: true });
    });
    incoming.on('end', () =>
      resolve({ body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), truncated: false }),
    );
    incoming.on('error', reject);
    incoming.on('close', () => reject(new Error('the connection was closed')));
  });
}

function requestOf(incoming: IncomingMessage, body: Uint8Array): HttpRequest {
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return {
    method: incoming.method ?? 'GET',
    path: decoded(mark === -1 ? url : url.slice(0, mark)),
    query: mark === -1 ? {} : Object.fromEntries(new URLSearchParams(url.slice(mark + 1))),
    headers,
    body,
  };
}

/** Percent-decoded; as it is where it cannot be. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
