import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccessLogOptions } from '../../../core/observability/access-log.ts';
import { loggedRequests } from '../../../core/observability/access-log.ts';
import { BROKEN, PIPELINE, ROW, read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

let fixture: ServingFixture;
beforeEach(async () => {
  fixture = await ServingFixture.open();
  await fixture.release(PIPELINE, 'pipeline');
});
afterEach(() => fixture.close());

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const logged = () => fixture.lines.map((line) => JSON.parse(line)).filter((line) => 'url.path' in line);
const open = (options: Partial<AccessLogOptions>) =>
  fixture.endpoint({ accessLog: { requests: 'all', service: { name: 'test', version: '7' }, ...options } });
const predict = (rows: unknown[] = [ROW], headers = {}, path = '/v1/models/pipeline:predict') => ({
  ...request('POST', path, { instances: rows }, headers),
  query: { subject: 'jane' },
});
const BAD_RUN = request('POST', '/v2/models/broken/infer', {
  inputs: [{ name: 'index', shape: [1], datatype: 'INT64', data: [99] }],
});

describe('An answer', () => {
  it('continues the caller’s trace and echoes its request id', async () => {
    const endpoint = await open({});
    const { headers } = await endpoint.handle(
      predict([ROW], { 'x-request-id': 'r', traceparent: TRACEPARENT, tracestate: 'a=1' }),
    );
    expect(headers['x-request-id']).toBe('r');
    expect(headers.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/);
    expect(headers.tracestate).toBe('a=1');
  });

  it('begins a trace where there is none, refusals included', async () => {
    const endpoint = await open({});
    const first = await endpoint.handle(predict());
    const second = await endpoint.handle(request('GET', '/nowhere'));
    for (const { headers } of [first, second]) expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(first.headers.traceparent).not.toBe(second.headers.traceparent);
  });
});

describe('The access log', () => {
  it('has ECS’s fields, with the time of each step', async () => {
    const endpoint = await open({ faas: true });
    const { headers } = await endpoint.handle(predict([ROW], { 'x-request-id': 'r', traceparent: TRACEPARENT }));
    await endpoint.handle(predict());
    const [line, later] = logged();
    expect(line).toMatchObject({
      '@timestamp': expect.stringMatching(/^\d{4}-.*Z$/),
      'log.level': 'info',
      message: 'POST /v1/models/pipeline:predict 200',
      'service.name': 'test',
      'service.version': '7',
      'event.outcome': 'success',
      'http.request.method': 'POST',
      'http.request.id': 'r',
      'http.response.status_code': 200,
      'url.path': '/v1/models/pipeline:predict',
      'trace.id': '4bf92f3577b34da6a3ce929d0e0e4736',
      'span.id': headers.traceparent!.split('-')[2],
      'faas.coldstart': true,
      'labels.model': 'pipeline',
      'labels.model_version': '1',
      'labels.variant': 'champion',
      'labels.protocol': 'v1',
    });
    const steps = ['decode', 'check', 'infer', 'encode'].map((step) => line[`trimtab.${step}_ns`] as number);
    for (const ns of steps) expect(Number.isInteger(ns) && ns > 0).toBe(true);
    expect(steps.reduce((a, b) => a + b)).toBeLessThanOrEqual(line['event.duration']);
    expect(later['faas.coldstart']).toBe(false);
  });

  it('holds nothing that a caller sent: no query, no value, no path of its own', async () => {
    const endpoint = await open({});
    await endpoint.handle(predict([{ ...ROW, distance: -424242 }], { 'x-trimtab-subject': 'jane' }));
    await endpoint.handle(predict([ROW], {}, '/v1/models/jane:predict'));
    expect(logged()).toMatchObject([
      { 'http.response.status_code': 400, 'error.code': 'bad-input', 'event.outcome': 'failure', 'log.level': 'warn' },
      { 'http.response.status_code': 404, 'url.path': '/v1/models/*:predict', 'error.code': 'unknown-model' },
    ]);
    expect(JSON.stringify(logged())).not.toMatch(/jane|424242/);
  });

  it('ties an error’s own line to its request', async () => {
    await fixture.release(BROKEN, 'broken-run');
    const endpoint = await open({ requests: 'problems' });
    expect(read(await endpoint.handle({ ...BAD_RUN, headers: { traceparent: TRACEPARENT } })).status).toBe(500);
    const [line] = logged();
    expect(line).toMatchObject({ 'log.level': 'error', 'error.code': 'internal' });
    const told = fixture.lines.map((text) => JSON.parse(text)).find((each) => 'error.stack_trace' in each);
    expect(told['trace.id']).toBe(line['trace.id']);
  });

  it('of problems leaves out what went well and fast, and bounds the refusals of a second, counting what it drops', async () => {
    const endpoint = await open({ requests: 'problems', slowMs: 60_000 });
    await endpoint.handle(predict());
    expect(logged()).toEqual([]);
    for (let i = 0; i < 500; i++) await endpoint.handle(request('GET', '/nowhere'));
    const refusals = logged().length;
    expect(refusals).toBeGreaterThanOrEqual(10);
    expect(refusals).toBeLessThan(500);
  });

  it('of problems has what is slow', async () => {
    const endpoint = await open({ requests: 'problems', slowMs: 0 });
    await endpoint.handle(predict());
    expect(logged()).toMatchObject([{ 'http.response.status_code': 200 }]);
  });

  it('of a share has the same requests everywhere, and of none none', async () => {
    const ids = Array.from({ length: 100 }, (_, i) => `id-${i}`);
    const kept = async (requests: AccessLogOptions['requests']) => {
      const endpoint = await open({ requests, slowMs: 60_000 });
      fixture.lines.length = 0;
      for (const id of ids) await endpoint.handle(request('GET', '/v2/health/live', '', { 'x-request-id': id }));
      return logged().map((line) => line['http.request.id']);
    };
    const share = await kept(0.3);
    expect(share.length).toBeGreaterThan(10);
    expect(share.length).toBeLessThan(60);
    expect(await kept(0.3)).toEqual(share);
    expect(await kept('none')).toEqual([]);
  });

  it('is chosen by a word or a share', () => {
    expect(['none', 'problems', 'all', '0.25', '1'].map(loggedRequests)).toEqual(['none', 'problems', 'all', 0.25, 1]);
    for (const text of ['some', '2', '-1', '']) expect(() => loggedRequests(text)).toThrow(/none, problems, all/);
  });
});
