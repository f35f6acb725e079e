import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../core/serving/http.ts';
import { openBounds } from '../../../server/admission/bounds.ts';
import { type HttpServer, serve } from '../../../server/http/http-server.ts';
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
      { port: 0, bounds: openBounds({ header: 'x-forwarded-for' }) },
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

  it('closes the connection that is idle for longest where there is no room, and refuses where none is idle', async () => {
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const handle = async (): Promise<HttpResponse> => {
      await held;
      return { status: 200, headers: {}, body: 'ok' };
    };
    const bounds = openBounds({ connections: 2, callerShare: 1 });
    server = await serve({ handle }, { port: 0, bounds });
    const client = new HttpClient(server.url);
    const ask = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    const idle = await client.connect();
    const closed = new Promise((resolve) => idle.once('close', resolve));
    idle.write('GET / HTTP/1.1\r\nho');
    const asking = [await client.connect()];
    await expect.poll(() => bounds.connections.open).toBe(2);
    asking.push(await client.connect());
    await closed;
    const answers = asking.map((socket) => answersOn(socket));
    for (const socket of asking) socket.write(ask);
    await expect.poll(() => bounds.admission.requests).toBe(2);
    const [refused] = await answersOn(await client.connect());
    expect([refused?.status, refused?.headers['retry-after']]).toEqual([503, '1']);
    expect(refused?.body.toString('utf8')).toContain('the server has 2 of 2 connections');
    expect(bounds.admission.refusals.of('connections')).toBe(1);
    asking[0]!.destroy();
    answer();
    expect((await answers[1]!).map(({ status }) => status)).toEqual([200]);
    await answers[0];
    await expect.poll(() => [bounds.connections.open, bounds.admission.requests]).toEqual([0, 0]);
    client.close();
    bounds.close();
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
