import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type GrpcServer, serveGrpc } from '../../server/grpc/server.ts';
import { type HttpServer, serve } from '../../server/http/http-server.ts';
import { AdmissionLimit } from '../../server/lib/admission-limit.ts';
import { barrage } from '../hostile/barrage.ts';
import { GrpcWire, grpcComplaint } from '../hostile/grpc-mutants.ts';
import { INT64, KINDS, PIPELINE, ROW, ServingFixture, TREE } from '../usecases/serving/serving-fixture.ts';
import { Wire } from './wire.ts';

vi.setConfig({ testTimeout: 240_000 });

let stand: ServingFixture;
let http: HttpServer;
let rpc: GrpcServer;
let wire: Wire;
let grpc: GrpcWire;
const gate = new AdmissionLimit({ name: 'server', count: 100, bytes: 2 ** 30 });
beforeAll(async () => {
  stand = await ServingFixture.open();
  await stand.release(PIPELINE, 'pipeline');
  await stand.release(TREE, 'tree-30');
  await stand.release(INT64, 'int64');
  await stand.release(KINDS, 'kinds');
  const endpoint = await stand.endpoint({ defaultModel: 'pipeline' });
  http = await serve(endpoint, { port: 0, gate });
  rpc = await serveGrpc(endpoint, { port: 0, gate });
  wire = new Wire(http.url);
  grpc = new GrpcWire(rpc.address);
});
afterAll(async () => {
  wire.close();
  grpc.close();
  await http.close();
  await rpc.close();
  await stand.close();
});

describe('The server under bad requests of every protocol over sockets', () => {
  it('answers each of them in its own form, none as its fault, and good ones in between as ever', async () => {
    const ask = async () => {
      const { status, body } = await wire.ask({
        path: '/v1/models/pipeline:predict',
        body: JSON.stringify({ instances: [ROW] }),
      });
      return `${status} ${body.toString('utf8')}`;
    };
    const expected = await ask();
    const good = async () => expect(await ask()).toBe(expected);
    const { sent, answers, faults, ...rest } = await barrage({ wire, grpc, good, from: 0, count: 1_500, callers: 8 });
    expect(faults).toEqual([]);
    expect(sent).toBeGreaterThanOrEqual(1_500);
    expect(rest.good).toBeGreaterThan(10);
    // It saw all kinds of answers, so that it can be believed that it sent all kinds of requests.
    expect([...answers.keys()]).toEqual(expect.arrayContaining(['200', '400', '404', '405', '413', '415', '431']));
    expect([...answers.keys()]).toEqual(
      expect.arrayContaining(['OK', 'INVALID_ARGUMENT', 'NOT_FOUND', 'UNIMPLEMENTED']),
    );
    expect(gate.count).toBe(0);
    expect(gate.bytes).toBe(0);
  });

  it('is held by a judge of gRPC that knows a wrong answer', () => {
    const answer = { what: 'x', readable: true, name: 'INVALID_ARGUMENT', message: 'y' };
    expect(grpcComplaint(answer)).toBeUndefined();
    for (const name of ['UNKNOWN', 'UNAVAILABLE', 'INTERNAL', 'nothing'])
      expect(grpcComplaint({ ...answer, name })).toContain(name);
    expect(grpcComplaint({ ...answer, message: 'at /srv/x.ts:3' })).toContain('internals');
  });
});
