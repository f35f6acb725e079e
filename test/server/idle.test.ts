import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpProbe } from '../../platform/local/http-probe.ts';
import type { EndpointProbe } from '../../platform/ports.ts';
import { type HttpServer, serve } from '../../server/http/http-server.ts';
import { verifyOnce } from '../../usecases/release/verify-rollback.ts';
import { PIPELINE, ROW, ServingFixture } from '../fixtures/serving-fixture.ts';

describe('Three environments behind one endpoint, over HTTP', () => {
  let fixture: ServingFixture;
  let servers: HttpServer[] = [];
  let idleMs = 0;

  beforeEach(async () => {
    idleMs = 0;
    fixture = await ServingFixture.open();
    await fixture.release(PIPELINE, 'pipeline');
    await fixture.release(PIPELINE, 'pipeline', 'two');
    const home = { ...fixture.home, clock: { now: () => new Date(Date.now() + idleMs) } };
    servers = await Promise.all(
      ['a', 'b', 'c'].map(async (instance) =>
        serve(await fixture.endpoint({ home, instance, patienceSeconds: 30 }), { port: 0, host: '127.0.0.1' }),
      ),
    );
  });
  afterEach(async () => {
    for (const server of servers) await server.close();
    await fixture.close();
  });

  const predict = async (server: HttpServer) => {
    const response = await fetch(`${server.url}/v1/models/pipeline:predict`, {
      method: 'POST',
      body: JSON.stringify({ instances: [ROW] }),
    });
    expect(response.status).toBe(200);
    return response.headers.get('x-trimtab-model-version');
  };
  const roundRobin = (): EndpointProbe => {
    const probes = servers.map(({ url }) => httpProbe(url));
    let asked = 0;
    return { report: (model) => probes[asked++ % probes.length]!.report(model) };
  };

  it('give nobody the version that was taken back while they were idle', async () => {
    expect(await Promise.all(servers.map(predict))).toEqual(['2', '2', '2']);
    await fixture.apply('pipeline', { type: 'roll-back', quarantine: true, reason: 'test' });
    idleMs = 31_000;
    expect(await Promise.all(servers.map(predict))).toEqual(['1', '1', '1']);
  });

  it('are seen to have followed a rollback, and named', async () => {
    await fixture.apply('pipeline', { type: 'roll-back', quarantine: true, reason: 'test' });
    // Their copies are young: none has any reason to look again.
    expect(await verifyOnce(fixture.real, roundRobin(), 'pipeline')).toBe('not yet');
    idleMs = 31_000;
    const entry = await verifyOnce(fixture.real, roundRobin(), 'pipeline');
    expect(entry).toMatchObject({
      kind: 'rollback-verified',
      reason: expect.stringContaining(
        '3 execution environments answered 10 probes (a, b, c), each serves version 1 alone',
      ),
    });
  });
});
