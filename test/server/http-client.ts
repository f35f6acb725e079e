import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';

/** A request as callers send it. */
export interface ClientRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface ClientResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** An answer did not come, or not whole. */
export class LostError extends Error {
  override readonly name = 'LostError';
}

/** How long an answer may take, however slow the machine; milliseconds. */
const PATIENCE_MS = 120_000;

/** Sends requests over connections that it keeps. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #host: string;
  readonly #port: number;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
  }

  /** @throws LostError */
  ask({ method = 'POST', path, headers = {}, body }: ClientRequest): Promise<ClientResponse> {
    return new Promise((resolve, reject) => {
      const lost = (error: Error): void => reject(new LostError(`${method} ${path}: ${error.message}`));
      // Node sends the body of a DELETE without saying that there is one.
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const options = {
        agent: this.#agent,
        host: this.#host,
        port: this.#port,
        method,
        path,
        headers: { ...headers, ...length },
      };
      const outgoing = request(options, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', lost);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode!,
            headers: incoming.headers as Record<string, string>,
            body: Buffer.concat(chunks),
          }),
        );
      });
      outgoing.setTimeout(PATIENCE_MS, () => outgoing.destroy(new Error(`no answer in ${PATIENCE_MS / 1_000} s`)));
      outgoing.on('error', lost);
      outgoing.end(body);
    });
  }

  /** A connection of one's own, for what no client library would send. */
  connect(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#port, this.#host, () => {
        socket.off('error', reject);
        resolve(socket);
      });
      socket.once('error', reject);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The bytes of a request. Its connection is closed with the answer. */
export function bytesOf({ method = 'POST', path, headers = {}, body = '' }: ClientRequest): Buffer {
  const all = { host: 'x', connection: 'close', 'content-length': String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'),
    Buffer.from(body as Uint8Array),
  ]);
}

/**
 * Reads the answers on a connection until it is closed.
 *
 * @param methods of the requests, in their order; only HEAD matters, whose answers have no body
 * @throws LostError when it ends in the middle of one, or nothing comes in time
 */
export function answersOn(socket: Socket, methods: readonly string[] = []): Promise<ClientResponse[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no answer in ${PATIENCE_MS / 1_000} s`)));
    socket.on('data', (chunk) => chunks.push(chunk));
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => {
      try {
        resolve(parsed(Buffer.concat(chunks), methods));
      } catch (error) {
        reject(failure === undefined ? error : new LostError(failure.message));
      }
    });
  });
}

function parsed(bytes: Buffer, methods: readonly string[]): ClientResponse[] {
  const answers: ClientResponse[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n\r\n', at);
    if (end === -1)
      throw new LostError(
        `the connection was closed in the middle of a head: ${bytes.toString('latin1', at, at + 80)}`,
      );
    const [first = '', ...lines] = bytes.toString('latin1', at, end).split('\r\n');
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    if (Number.isNaN(status)) throw new LostError(`no answer of HTTP: ${first.slice(0, 80)}`);
    at = end + 4;
    // An interim answer, such as 100, has no body.
    if (status < 200) continue;
    const length = methods[answers.length] === 'HEAD' ? 0 : Number(headers['content-length'] ?? 0);
    if (at + length > bytes.length)
      throw new LostError(`the connection was closed after ${bytes.length - at} of ${length} bytes of a body`);
    answers.push({ status, headers, body: bytes.subarray(at, at + length) });
    at += length;
  }
  return answers;
}
