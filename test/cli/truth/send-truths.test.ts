import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { EndpointClient } from '../../../cli/endpoint/client.ts';
import { toEndpoint } from '../../../cli/truth/send-truths.ts';

const server = createServer();
afterEach(() => {
  server.close();
});

describe('toEndpoint', () => {
  it('waits as an endpoint asks that takes no more now, and sends the same again', async () => {
    const bodies: string[] = [];
    server.on('request', async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      bodies.push(text);
      const isFirst = bodies.length === 1;
      response.writeHead(isFirst ? 429 : 202, { 'content-type': 'application/json', 'retry-after': '0' });
      response.end(isFirst ? '{"error":"too much"}' : '{"accepted":1,"unreadable":0,"problems":[]}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const send = toEndpoint(new EndpointClient(url, (address, request) => fetch(address, request)), 'm');
    expect(await send([{ line: 1, record: { id: 'a', truth: 1 } }])).toMatchObject({ sent: 1 });
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).toBe(bodies[0]);
  });
});
