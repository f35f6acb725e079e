import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openBounds } from '../../server/admission/bounds.ts';
import { type GrpcServer, serveGrpc } from '../../server/grpc/server.ts';
import { type HttpServer, serve } from '../../server/http/http-server.ts';
import { HttpClient } from '../fixtures/http-client.ts';
import { INT64, KINDS, PIPELINE, ROW, ServingFixture, TREE } from '../fixtures/serving-fixture.ts';
import { GrpcMutantClient, grpcProblem } from '../hostile/grpc-mutants.ts';
import { sendHostile } from '../hostile/send-hostile.ts';

vi.setConfig({ testTimeout: 240_000 });

let fixture: ServingFixture;
let http: HttpServer;
let rpc: GrpcServer;
let client: HttpClient;
let grpc: GrpcMutantClient;
const bounds = openBounds({ requests: 100, bytes: 2 ** 30 });
beforeAll(async () => {
  fixture = await ServingFixture.open();
  await fixture.release(PIPELINE, 'pipeline');
  await fixture.release(TREE, 'tree-30');
  await fixture.release(INT64, 'int64');
  await fixture.release(KINDS, 'kinds');
  const endpoint = await fixture.endpoint({ defaultModel: 'pipeline' });
  http = await serve(endpoint, { port: 0, bounds });
  rpc = await serveGrpc(endpoint, { port: 0, bounds });
  client = new HttpClient(http.url);
  grpc = new GrpcMutantClient(rpc.address);
});
afterAll(async () => {
  client.close();
  grpc.close();
  await http.close();
  await rpc.close();
  bounds.close();
  await fixture.close();
});

describe('The server under bad requests of every protocol over sockets', () => {
  it('answers each of them in its own form, none as its fault, and good ones in between as ever', async () => {
    const ask = async () => {
      const { status, body } = await client.ask({
        path: '/v1/models/pipeline:predict',
        body: JSON.stringify({ instances: [ROW] }),
      });
      return `${status} ${body.toString('utf8')}`;
    };
    const expected = await ask();
    const good = async () => expect(await ask()).toBe(expected);
    const { sent, answers, faults, ...rest } = await sendHostile({
      client,
      grpc,
      good,
      from: 0,
      count: 1_500,
      callers: 8,
    });
    expect(faults).toEqual([]);
    expect(sent).toBeGreaterThanOrEqual(1_500);
    expect(rest.good).toBeGreaterThan(10);
    // It saw all kinds of answers, so that it can be believed that it sent all kinds of requests.
    expect([...answers.keys()]).toEqual(expect.arrayContaining(['200', '400', '404', '405', '413', '415', '431']));
    expect([...answers.keys()]).toEqual(
      expect.arrayContaining(['OK', 'INVALID_ARGUMENT', 'NOT_FOUND', 'UNIMPLEMENTED']),
    );
    expect(bounds.admission.requests).toBe(0);
    expect(bounds.admission.bytes).toBe(0);
  });

  it('is checked by what recognises a wrong answer of gRPC', () => {
    const answer = { what: 'x', readable: true, name: 'INVALID_ARGUMENT', message: 'y' };
    expect(grpcProblem(answer)).toBeUndefined();
    for (const name of ['UNKNOWN', 'UNAVAILABLE', 'INTERNAL', 'nothing'])
      expect(grpcProblem({ ...answer, name })).toContain(name);
    expect(grpcProblem({ ...answer, message: 'at /srv/x.ts:3' })).toContain('internals');
  });
});
