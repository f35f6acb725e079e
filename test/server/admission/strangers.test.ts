import { once } from 'node:events';
import { connect } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { credentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openBounds, type ServerBounds } from '../../../server/admission/bounds.ts';
import { type GrpcServer, serveGrpc } from '../../../server/grpc/server.ts';
import { GRPCInferenceService } from '../../../server/grpc/service-definition.ts';
import { type HttpServer, serve } from '../../../server/http/http-server.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { answersOn, HttpClient } from '../../fixtures/http-client.ts';
import { ServingFixture, TREE } from '../../fixtures/serving-fixture.ts';
import {
  type Attack,
  halfHeads,
  idleSessions,
  nearlyWhole,
  promises,
  tinyChunks,
  unfinishedMessages,
} from '../../hostile/attacks.ts';

vi.setConfig({ testTimeout: 60_000 });

const GRACE_MS = 300;
const MEGABYTE = 1024 * 1024;
const ROW = Array.from({ length: 30 }, (_, i) => i / 4);

let fixture: ServingFixture;
let endpoint: Endpoint;
let bounds: ServerBounds;
let server: HttpServer;
let grpc: GrpcServer;
let client: HttpClient;
let attack: Attack | undefined;
beforeAll(async () => {
  fixture = await ServingFixture.open();
  await fixture.release(TREE, 'tree-30');
  endpoint = await fixture.endpoint();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  // What a container of 512 MB has by default, but for the connections, and a shorter grace.
  bounds = openBounds({ bytes: 64 * MEGABYTE, connections: 400, graceMs: GRACE_MS });
  server = await serve(endpoint, { port: 0, bounds });
  grpc = await serveGrpc(endpoint, { port: 0, bounds, messageLimit: 6 * MEGABYTE });
  client = new HttpClient(server.url);
});
afterEach(async () => {
  attack?.stop();
  attack = undefined;
  client.close();
  await server.close();
  await grpc.close();
  bounds.close();
});

/** A field of protobuf that no message has, and so many bytes of it. */
function field(number: number, bytes: number): Buffer {
  const length = [];
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 128)) length.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), Buffer.alloc(bytes)]);
}

const ask = async (): Promise<number> => {
  const body = JSON.stringify({ inputs: [{ name: 'features', shape: [1, 30], datatype: 'FP32', data: ROW }] });
  return (await client.ask({ path: '/v2/models/tree/infer', body })).status;
};

const infer = (address: string): Promise<unknown> =>
  new Promise((resolve) => {
    const caller = new GRPCInferenceService(address, credentials.createInsecure()) as unknown as {
      ModelInfer(message: object, callback: (error: { code: number } | null, answer: unknown) => void): void;
      close(): void;
    };
    const input = { name: 'features', datatype: 'FP32', shape: ['1', '30'], contents: { fp32_contents: ROW } };
    caller.ModelInfer({ model_name: 'tree', inputs: [input] }, (error) => {
      caller.close();
      resolve(error === null ? 'OK' : error.code);
    });
  });

/** Nothing is left of any request. */
const nothingHeld = () => expect.poll(() => [bounds.admission.requests, bounds.admission.bytes]).toEqual([0, 0]);

describe('The server among strangers who have the same address as everybody else', () => {
  it('answers beside heads that promise 600 MB, holds nothing for them, and cuts them off', async () => {
    attack = promises(server.url, 100);
    await expect.poll(() => bounds.admission.requests).toBe(100);
    expect(bounds.admission.bytes).toBe(0);
    expect(await ask()).toBe(200);
    await expect.poll(() => bounds.admission.refusals.of('body-rate')).toBeGreaterThanOrEqual(100);
    expect(await ask()).toBe(200);
    attack.stop();
    await nothingHeld();
  });

  it('says to a body that comes too slowly how slowly it came', async () => {
    const socket = await client.connect();
    const answers = answersOn(socket);
    socket.write('POST /predictions/tree HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nabc');
    const [answer] = await answers;
    expect([answer?.status, answer?.headers['retry-after']]).toEqual([408, '1']);
    expect(JSON.parse(answer!.body.toString('utf8')).message).toMatch(/3 bytes in the last .* s, at least 240 bytes/);
  });

  it('closes the oldest half of a head for a new connection, when one address has its share of them', async () => {
    attack = halfHeads(server.url, 250);
    await expect.poll(() => bounds.connections.open).toBe(200);
    for (let i = 0; i < 5; i++) {
      const fresh = new HttpClient(server.url);
      expect((await fresh.ask({ method: 'GET', path: '/v2/health/live' })).status).toBe(200);
      fresh.close();
    }
    expect(bounds.connections.open).toBeLessThanOrEqual(200);
  });

  it('holds no more than a share for bodies that are nearly whole, and cuts off the oldest for others', async () => {
    attack = nearlyWhole(server.url, 12);
    await expect.poll(() => bounds.admission.bytes).toBeGreaterThan(20 * MEGABYTE);
    await new Promise((resolve) => setTimeout(resolve, GRACE_MS));
    for (let i = 0; i < 20; i++) expect(await ask()).toBe(200);
    expect(bounds.admission.bytes).toBeLessThanOrEqual(32 * MEGABYTE);
  });

  it('holds of a body in chunks of one byte what its bytes hold', async () => {
    let most = 0;
    attack = tinyChunks(server.url, 1, 100_000);
    for (let i = 0; i < 5; i++) {
      expect(await ask()).toBe(200);
      most = Math.max(most, bounds.admission.bytes);
    }
    expect(most).toBeLessThan(2 * 100_000);
  });

  it('gives room back when a caller who has sent several requests at once hangs up', async () => {
    const socket = await client.connect();
    const body = JSON.stringify({ instances: [ROW] });
    const one = `POST /v1/models/tree:predict HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    socket.on('error', () => undefined);
    socket.write(one.repeat(20), () => socket.resetAndDestroy());
    await expect.poll(() => bounds.connections.open).toBe(0);
    await nothingHeld();
  });

  it('answers all requests that were sent at once on a connection, in their order, and works on some of them at a time', async () => {
    const socket = await client.connect();
    const answers = answersOn(socket);
    const one = (id: number, last: boolean): string => {
      const body = JSON.stringify({ instances: [ROW] });
      const close = last ? 'connection: close\r\n' : '';
      return `POST /v1/models/tree:predict HTTP/1.1\r\nhost: x\r\n${close}x-request-id: ${id}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    };
    let most = 0;
    let look = setImmediate(function again() {
      most = Math.max(most, bounds.admission.requests);
      look = setImmediate(again);
    });
    socket.write(Array.from({ length: 200 }, (_, i) => one(i, i === 199)).join(''));
    const given = await answers;
    clearImmediate(look);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(16);
    expect(given.map(({ status }) => status)).toEqual(Array(200).fill(200));
    expect(given.map(({ headers }) => headers['x-request-id'])).toEqual(given.map((_, i) => String(i)));
    await nothingHeld();
  });

  it('lets one connection of gRPC have so many calls and no more, holds its share, and ends what is not finished', async () => {
    const streams = unfinishedMessages(grpc.address, 300, MEGABYTE);
    attack = streams;
    await expect.poll(() => streams.ended.get('reset 7'), { timeout: 20_000 }).toBe(200);
    await expect.poll(() => bounds.admission.bytes).toBeGreaterThan(25 * MEGABYTE);
    expect(bounds.admission.bytes).toBeLessThanOrEqual(32 * MEGABYTE);
    expect(await ask()).toBe(200);
    await expect.poll(() => streams.open, { timeout: 20_000 }).toBe(0);
    // RESOURCE_EXHAUSTED where the share was used up, DEADLINE_EXCEEDED where it was too slow.
    const { 8: shares = 0, 4: slow = 0 } = Object.fromEntries(streams.ended) as Record<string, number>;
    expect(shares).toBeGreaterThan(0);
    expect(shares + slow).toBe(100);
    expect(await infer(grpc.address)).toBe('OK');
    await nothingHeld();
  });

  it('takes room for packed messages of gRPC before they are unpacked, and refuses what there is none for', async () => {
    const packed = gzipSync(Buffer.concat([Buffer.from([0x0a, 7]), Buffer.from('unknown'), field(9, 5 * MEGABYTE)]));
    const session = connect(`http://${grpc.address}`);
    session.on('error', () => undefined);
    const framed = Buffer.alloc(5 + packed.length);
    framed.writeUInt8(1, 0);
    framed.writeUInt32BE(packed.length, 1);
    packed.copy(framed, 5);
    let most = 0;
    const look = setInterval(() => {
      most = Math.max(most, bounds.admission.bytes);
    }, 1);
    const statuses = await Promise.all(
      Array.from({ length: 90 }, async () => {
        const stream = session.request({
          ':method': 'POST',
          ':path': '/inference.GRPCInferenceService/ModelInfer',
          'content-type': 'application/grpc',
          'grpc-encoding': 'gzip',
          te: 'trailers',
        });
        let found = '';
        stream.on('response', (headers) => (found ||= String(headers['grpc-status'] ?? '')));
        stream.on('trailers', (headers) => (found ||= String(headers['grpc-status'] ?? '')));
        stream.resume();
        stream.end(framed);
        await once(stream, 'close');
        return found;
      }),
    );
    clearInterval(look);
    session.destroy();
    // NOT_FOUND, one after the other: of one caller one is unpacked at a time.
    expect(new Set(statuses)).toEqual(new Set(['5']));
    expect(most).toBeGreaterThan(5 * MEGABYTE);
    expect(most).toBeLessThan(16 * MEGABYTE);
    expect(await ask()).toBe(200);
    await nothingHeld();
  });

  it('counts connections of gRPC among the others, and lets new ones in for the oldest that are idle', async () => {
    const sessions = idleSessions(grpc.address, 300);
    attack = sessions;
    await expect.poll(() => sessions.open).toBeLessThanOrEqual(200);
    expect(bounds.connections.open).toBeLessThanOrEqual(200);
    expect(await infer(grpc.address)).toBe('OK');
    expect(await ask()).toBe(200);
  });
});
