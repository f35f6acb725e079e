import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protocolOf } from '../../../core/protocols/protocols.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { INT64, KINDS, PIPELINE, ServingFixture, TREE } from '../../fixtures/serving-fixture.ts';
import { formatRequest, responseProblem } from '../../hostile/check-response.ts';
import { EXAMPLES } from '../../hostile/examples.ts';
import { hostileRequest } from '../../hostile/mutate.ts';

let fixture: ServingFixture;
let endpoint: Endpoint;
beforeAll(async () => {
  fixture = await ServingFixture.open();
  await fixture.release(PIPELINE, 'pipeline');
  await fixture.release(TREE, 'tree-30');
  await fixture.release(INT64, 'int64');
  await fixture.release(KINDS, 'kinds');
  endpoint = await fixture.endpoint({ defaultModel: 'pipeline' });
});
afterAll(() => fixture.close());

describe('Every protocol', () => {
  it.each(EXAMPLES.map(({ protocol, request }) => [protocol, request.method, request.path, request] as const))(
    '%s answers %s %s',
    async (protocol, _method, _path, request) => {
      expect(protocolOf(request).name).toBe(protocol);
      const { status, body } = await endpoint.handle(request);
      expect([status, status >= 400 ? body : '']).toEqual([status === 202 ? 202 : 200, '']);
    },
  );

  it('is held by a judge that knows a wrong answer', () => {
    const { request } = EXAMPLES.find(({ protocol }) => protocol === 'seldon')!;
    const headers = { 'x-request-id': 'r' };
    const judged = (status: number, body: unknown, more = {}) =>
      responseProblem(request, { status, headers: { ...headers, ...more }, body: JSON.stringify(body) });
    expect(judged(400, { error: 'x' })).toContain('no error of seldon');
    expect(judged(400, { status: { status: 1, code: -1, info: 'x', reason: 'Y' } })).toBeUndefined();
    expect(judged(400, { status: { status: 1, code: -1, info: 'at /srv/x.ts:3', reason: 'Y' } })).toContain(
      'internals',
    );
    expect(judged(500, {})).toBe('status 500');
    expect(judged(503, {})).toBe('status 503');
    expect(judged(501, { status: { status: 1, code: -1, info: 'not yet', reason: 'Y' } })).toBe('status 501');
    expect(judged(200, {}, { 'x-b': 'é' })).toContain('cannot be sent');
    expect(responseProblem(request, { status: 200, headers: {}, body: '' })).toContain('no x-request-id');
  });

  it('answers every bad request in its own form of error, and none is the endpoint’s fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(0x7fff_ffff), async (seed) => {
        fixture.lines.length = 0;
        const request = hostileRequest(seed);
        const found = responseProblem(request, await endpoint.handle(request));
        const logged = fixture.lines.find((line) => line.includes('"log.level":"error"'));
        expect(found ?? logged, `seed ${seed}: ${formatRequest(request)}`).toBeUndefined();
      }),
      { numRuns: 3_000 },
    );
  });
});
