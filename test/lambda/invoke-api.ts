import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionEnvironment } from './environment.ts';

/**
 * The one call of Lambda's own API that functions make, answered by an execution environment: whoever asks a function
 * by name is answered by its package. One invocation at a time, as one environment serves them.
 */
export class InvokeApi {
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly server: Server,
    private readonly environments: ReadonlyMap<string, ExecutionEnvironment>,
  ) {
    server.on('request', async (request, response) => {
      const [, name] =
        /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(decodeURIComponent(request.url ?? '')) ?? [];
      const environment = this.environments.get(name ?? '');
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (!environment) {
        response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' }).end('{}');
        return;
      }
      const turn = this.last.then(() => environment.invoke(JSON.parse(Buffer.concat(chunks).toString('utf8'))));
      this.last = turn.catch(() => undefined);
      const outcome = await turn;
      const failed = outcome.kind === 'error';
      response.writeHead(200, {
        'content-type': 'application/json',
        'x-amz-executed-version': '7',
        ...(failed ? { 'x-amz-function-error': 'Unhandled' } : {}),
      });
      const { errorType, errorMessage } = failed ? outcome : { errorType: '', errorMessage: '' };
      response.end(JSON.stringify(failed ? { errorType, errorMessage } : outcome.value));
    });
  }

  static async listen(environments: ReadonlyMap<string, ExecutionEnvironment>): Promise<InvokeApi> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new InvokeApi(server, environments);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
