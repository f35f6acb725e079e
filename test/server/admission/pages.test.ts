import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBounds, type ServerBounds } from '../../../server/admission/bounds.ts';
import { type HttpServer, serve } from '../../../server/http/http-server.ts';
import { answersOn, HttpClient } from '../../fixtures/http-client.ts';

/** More than the system takes for a reader that does not read. */
const PAGE = Buffer.alloc(8 * 1024 * 1024, 'x');
const MEGABYTE = 1024 * 1024;
const SMALL = Buffer.from('{"live":true}');
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;

let bounds: ServerBounds;
let server: HttpServer;
let client: HttpClient;
let sockets: Socket[];
let making: number;
let most: number;
beforeEach(async () => {
  [sockets, making, most] = [[], 0, 0];
  bounds = openBounds();
  const page = (body: Buffer) => async () => {
    most = Math.max(most, ++making);
    await new Promise((resolve) => setImmediate(resolve));
    making--;
    return { status: 200, headers: {}, body };
  };
  server = await serve(
    { handle: async () => ({ status: 200, headers: {}, body: 'model' }) },
    {
      port: 0,
      bounds,
      first: ({ path }) =>
        new Map([
          ['/metrics', page(PAGE)],
          ['/v2/health/live', page(SMALL)],
        ]).get(path),
    },
  );
  client = new HttpClient(server.url);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  client.close();
  await server.close();
  bounds.close();
});

/** Asks again and again on each of many connections, and reads nothing. */
function attack(from: string, connections: number, path: string, times = 16): void {
  const { port } = new URL(server.url);
  for (let i = 0; i < connections; i++) {
    const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: from });
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(get(path).repeat(times));
    sockets.push(socket);
  }
}

describe('Metrics and health checks', () => {
  it('of others are answered beside a caller who asks for many and reads none', async () => {
    attack('127.0.0.2', 50, '/metrics');
    // One of these is more than a caller may have: it is given one, and no other while it does not read that.
    await expect.poll(() => bounds.admission.refusals.of('caller-bytes')).toBeGreaterThanOrEqual(49);
    expect(bounds.pages.bytes).toBe(PAGE.length);
    expect((await client.ask({ method: 'GET', path: '/metrics' })).body).toHaveLength(PAGE.length);
    expect((await client.ask({ method: 'GET', path: '/v2/health/live' })).status).toBe(200);
    expect((await client.ask({ path: '/invocations', body: '{}' })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => [bounds.pages.requests, bounds.pages.bytes]).toEqual([0, 0]);
  });

  it('of one connection are made one after the other, and all are answered in their order', async () => {
    const socket = await client.connect();
    sockets.push(socket);
    const answers = answersOn(socket);
    const health = get('/v2/health/live');
    socket.end(health.repeat(12) + get('/v2/models') + health + get('/v2/models').repeat(20) + health);
    const bodies = (await answers).map(({ status, body }) => `${status} ${body}`);
    const live = `200 ${SMALL}`;
    expect(bodies).toEqual([...Array(12).fill(live), '200 model', live, ...Array(20).fill('200 model'), live]);
    expect(most).toBe(1);
  });

  it('are parsed and kept waiting up to a bound, of a connection, of a caller and of all', async () => {
    attack('127.0.0.2', 1, '/v2/health/live', 512);
    await expect.poll(() => most).toBe(1);
    expect(bounds.admission.refusals.of('pipelined')).toBe(0);
    // What one read of a socket holds; nobody reads an answer.
    attack('127.0.0.2', 40, '/metrics', 2_000);
    await expect.poll(() => bounds.admission.refusals.of('pipelined'), { timeout: 10_000 }).toBe(40);
    expect(bounds.connections.waiting).toBeLessThan(2_048);
    expect((await client.ask({ method: 'GET', path: '/v2/health/live' })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => [bounds.connections.waiting, bounds.pages.requests]).toEqual([0, 0]);
  });
});

describe('Refusals', () => {
  it('that nobody reads count against the share of whoever asks for them, and give way', async () => {
    await server.close();
    const body = Buffer.alloc(MEGABYTE, 'x');
    bounds = openBounds({ requests: 40, graceMs: 50 });
    server = await serve(
      { handle: async () => ({ status: 200, headers: {}, body: 'model' }) },
      {
        port: 0,
        bounds,
        guard: { enter: (head) => (head.path === '/' ? { refusal: { status: 401, headers: {}, body } } : undefined) },
      },
    );
    client = new HttpClient(server.url);
    attack('127.0.0.2', 30, '/', 32);
    // Half of all is a caller's share; each connection has several.
    await expect.poll(() => bounds.admission.refusals.of('caller-requests')).toBeGreaterThan(10);
    expect(bounds.admission.requests).toBeLessThanOrEqual(20);
    expect((await client.ask({ path: '/invocations', body: '{}' })).status).toBe(200);
    expect((await client.ask({ path: '/', body: '{}' })).body).toHaveLength(body.length);
  });
});
