import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../core/serving/http.ts';
import { type HttpServer, serve } from '../../../server/http/http-server.ts';
import { AdmissionLimit } from '../../../server/lib/admission-limit.ts';
import { answersOn, HttpClient } from '../../fixtures/http-client.ts';

let server: HttpServer | undefined;
afterEach(() => server?.close());

/** Serves a handler that answers with what it was asked. */
const echo = async (bodyLimit?: number): Promise<HttpRequest[]> => {
  const seen: HttpRequest[] = [];
  server = await serve(
    {
      async handle(request) {
        seen.push(request);
        const large = bodyLimit !== undefined && request.body.length > bodyLimit;
        return {
          status: large ? 413 : 200,
          headers: { 'content-type': 'application/json' },
          body: request.method === 'PUT' ? new Uint8Array([1, 2]) : '{"ok":"é"}',
        };
      },
    },
    { port: 0, bodyLimit },
  );
  return seen;
};

describe('serve', () => {
  it('hands on method, decoded path, query, headers and the body’s bytes', async () => {
    const seen = await echo();
    const response = await fetch(`${server!.url}/v1/models/m%3Apredict?a=1`, {
      method: 'POST',
      body: new Uint8Array([0, 255]),
      headers: { 'X-Request-Id': 'r' },
    });
    expect(await response.json()).toEqual({ ok: 'é' });
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/v1/models/m:predict', query: { a: '1' } });
    expect(seen[0]!.headers['x-request-id']).toBe('r');
    expect([...(seen[0]!.body as Uint8Array)]).toEqual([0, 255]);
  });

  it('says who the caller is by the connection, and by a header only where it was told which', async () => {
    const seen = await echo();
    const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' };
    await fetch(server!.url, { headers });
    await server!.close();
    server = await serve(
      { handle: async (request) => ({ status: seen.push(request) > 0 ? 200 : 500, headers: {}, body: '' }) },
      { port: 0, callerHeader: 'x-forwarded-for' },
    );
    await fetch(server.url, { headers });
    await fetch(server.url);
    await fetch(server.url, { headers: { 'x-forwarded-for': 'anybody, team-a' } });
    expect(seen.map(({ caller }) => caller)).toEqual(['127.0.0.1', '203.0.113.7', undefined, 'team-a']);
    expect(seen.map(({ principal }) => principal)).toEqual([undefined, undefined, undefined, 'team-a']);
  });

  it('sends bytes as they are, and nothing in answer to HEAD', async () => {
    await echo();
    expect([...new Uint8Array(await (await fetch(server!.url, { method: 'PUT' })).arrayBuffer())]).toEqual([1, 2]);
    const head = await fetch(server!.url, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe('11');
    expect(await head.text()).toBe('');
  });

  it('stops reading one byte beyond the limit and lets the protocol refuse', async () => {
    const seen = await echo(1_000);
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(server!.url, { method: 'POST' }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      request.on('error', reject);
      request.write(Buffer.alloc(100_000));
    });
    expect(status).toBe(413);
    expect(seen[0]!.body).toHaveLength(1_001);
  });

  it('survives callers who go away in the middle of a body', async () => {
    const seen = await echo();
    const { port } = new URL(server!.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc', () => {
          socket.destroy();
          resolve();
        });
      });
    });
    expect((await fetch(server!.url)).status).toBe(200);
    expect(seen).toHaveLength(1);
  });

  it('closes connections beyond the limit at once, and takes new ones when there is room again', async () => {
    server = await serve(
      { handle: async () => ({ status: 200, headers: {}, body: 'ok' }) },
      { port: 0, maxConnections: 2 },
    );
    const client = new HttpClient(server.url);
    const ask = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    const held = [await client.connect(), await client.connect()];
    const third = await client.connect();
    third.on('error', () => undefined);
    third.write(ask);
    await new Promise((resolve) => third.once('close', resolve));
    expect(third.bytesRead).toBe(0);
    const answers = answersOn(held[0]!);
    held[0]!.write(ask);
    expect((await answers).map(({ status }) => status)).toEqual([200]);
    await expect
      .poll(async () => (await client.ask({ method: 'GET', path: '/' }).catch(() => undefined))?.status)
      .toBe(200);
    held[1]!.destroy();
    client.close();
  });

  it('refuses bodies that it has no room for before they come, and has room again when others hang up', async () => {
    const gate = new AdmissionLimit({ name: 'server', count: 10, bytes: 1_000_000 });
    const handle = async ({ body }: HttpRequest) => ({ status: 200, headers: {}, body: String(body.length) });
    server = await serve({ handle }, { port: 0, gate });
    const client = new HttpClient(server.url);
    const head = 'POST /predictions/m HTTP/1.1\r\nhost: x\r\ncontent-length: 600000\r\n';
    const first = await client.connect();
    first.on('error', () => undefined);
    first.write(`${head}\r\n`);
    await expect.poll(() => gate.bytes).toBe(600_000);
    // Not a byte of this body is sent.
    const second = await client.connect();
    const answers = answersOn(second);
    second.write(`${head}\r\n`);
    second.end();
    const [refused] = await answers;
    expect([refused?.status, refused?.headers['retry-after'], gate.bytes]).toEqual([503, '1', 600_000]);
    expect(JSON.parse(refused!.body.toString('utf8'))).toMatchObject({
      code: 503,
      message: expect.stringContaining('the server is full (1 of 10 requests, 600000 of 1000000 bytes)'),
    });
    // What has no length may be as long as is allowed.
    const chunked = await client.connect();
    chunked.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
    chunked.end('0\r\n\r\n');
    expect((await answersOn(chunked)).map(({ status }) => status)).toEqual([503]);
    first.destroy();
    await expect.poll(() => gate.bytes).toBe(0);
    const body = Buffer.alloc(600_000);
    expect((await client.ask({ path: '/predictions/m', body })).body.toString('utf8')).toBe('600000');
    expect([gate.count, gate.bytes]).toEqual([0, 0]);
    client.close();
  });

  it('refuses a port that is taken', async () => {
    await echo();
    await expect(
      serve(
        { handle: async () => ({ status: 200, headers: {}, body: '' }) },
        { port: Number(new URL(server!.url).port) },
      ),
    ).rejects.toThrow('EADDRINUSE');
  });
});
