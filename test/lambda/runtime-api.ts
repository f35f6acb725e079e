import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Extensions } from './extensions.ts';

/** What Lambda takes at most as the answer of a function. */
const ANSWER_BYTES = 6 * 1024 * 1024 + 1024;

export interface Invocation {
  readonly id: string;
  readonly arn: string;
  readonly deadline: Date;
  readonly traceId: string;
  readonly event: unknown;
}

/** What came of an invocation: what the handler gave, or the error as a caller sees it. */
export type Outcome =
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'error'; readonly errorType: string; readonly errorMessage: string };

/**
 * The runtime API of Lambda (2018-06-01), as a function's runtime sees it: it asks for the next invocation, and posts
 * what came of it. Serves one runtime at a time.
 */
export class RuntimeApi {
  readonly extensions = new Extensions();
  private waiting: ServerResponse | undefined;
  private onIdle: (() => void) | undefined;
  private current: { readonly id: string; readonly settle: (outcome: Outcome) => void } | undefined;
  private onInitError: ((outcome: Outcome) => void) | undefined;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.answer(request, response));
  }

  static async listen(): Promise<RuntimeApi> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RuntimeApi(server);
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Forgets a runtime that is gone. */
  reset(): void {
    this.waiting = undefined;
    this.current = undefined;
  }

  /** Resolves when the runtime has nothing to do: it has asked for the next invocation. */
  idle(): Promise<void> {
    return this.waiting ? Promise.resolve() : new Promise((resolve) => (this.onIdle = resolve));
  }

  /** Resolves when the runtime says that it cannot start. */
  initError(): Promise<Outcome> {
    return new Promise((resolve) => (this.onInitError = resolve));
  }

  /** Hands an invocation to the runtime that has asked for one. */
  deliver({ id, arn, deadline, traceId, event }: Invocation): Promise<Outcome> {
    const { waiting } = this;
    if (!waiting) throw new Error('the runtime has not asked for an invocation');
    this.waiting = undefined;
    const outcome = new Promise<Outcome>((settle) => (this.current = { id, settle }));
    waiting.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': id,
      'lambda-runtime-deadline-ms': String(deadline.getTime()),
      'lambda-runtime-invoked-function-arn': arn,
      'lambda-runtime-trace-id': traceId,
    });
    waiting.end(JSON.stringify(event));
    return outcome;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (this.extensions.answer(request, response)) return;
    const [, id, what] = /^\/2018-06-01\/runtime\/(?:invocation\/([^/]+)\/)?(next|response|error|init\/error)$/.exec(
      url.replace('/invocation/next', '/next'),
    ) ?? [undefined, undefined, undefined];
    if (request.method === 'GET' && what === 'next') {
      this.waiting = response;
      this.onIdle?.();
    } else if (request.method === 'POST' && what === 'init/error') {
      this.onInitError?.(errorOf(body));
      accept(response);
    } else if (request.method === 'POST' && id !== undefined && id === this.current?.id) {
      this.settle(what === 'response' ? resultOf(body) : errorOf(body));
      accept(response);
    } else {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errorType: 'InvalidRequestID', errorMessage: `${request.method} ${url}` }));
    }
  }

  private settle(outcome: Outcome): void {
    const { current } = this;
    this.current = undefined;
    current?.settle(outcome);
  }
}

function accept(response: ServerResponse): void {
  response.writeHead(202, { 'content-type': 'application/json' });
  response.end('{"status":"OK"}');
}

function resultOf(body: Buffer): Outcome {
  if (body.length > ANSWER_BYTES)
    return { kind: 'error', errorType: 'Function.ResponseSizeTooLarge', errorMessage: `${body.length} bytes` };
  return { kind: 'result', value: JSON.parse(body.toString('utf8')) };
}

function errorOf(body: Buffer): Outcome {
  const { errorType, errorMessage } = JSON.parse(body.toString('utf8')) as { errorType: string; errorMessage: string };
  return { kind: 'error', errorType, errorMessage };
}
