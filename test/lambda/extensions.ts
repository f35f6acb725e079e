import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * The extensions API of Lambda (2020-01-01), as far as it decides how an environment ends: only where an extension has
 * registered is the runtime told by SIGTERM, and given time.
 */
export class Extensions {
  private readonly waiting = new Map<string, ServerResponse | undefined>();

  /** How many have registered. */
  get count(): number {
    return this.waiting.size;
  }

  /** Answers a request that is for extensions; false when it is not. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    if (!request.url?.startsWith('/2020-01-01/extension/')) return false;
    if (request.url.endsWith('/register')) {
      const id = randomUUID();
      this.waiting.set(id, undefined);
      response.writeHead(200, { 'lambda-extension-identifier': id, 'content-type': 'application/json' });
      response.end('{"functionName":"function","functionVersion":"7","handler":"index.handler"}');
      return true;
    }
    const id = String(request.headers['lambda-extension-identifier']);
    if (this.waiting.has(id)) this.waiting.set(id, response);
    else response.writeHead(403).end('{"errorType":"Extension.UnknownExtensionIdentifier"}');
    return true;
  }

  /** Tells all that the environment ends, and forgets them. */
  shutDown(reason: 'spindown' | 'timeout' | 'failure', deadline: Date): void {
    const event = JSON.stringify({ eventType: 'SHUTDOWN', shutdownReason: reason, deadlineMs: deadline.getTime() });
    for (const response of this.waiting.values())
      response?.writeHead(200, { 'content-type': 'application/json' }).end(event);
    this.waiting.clear();
  }
}
