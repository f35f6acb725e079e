import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FaultProxy, SLOW_DOWN, THROTTLED } from './fault-proxy.ts';

/** The proxy before a server that counts what reaches it. */
describe('the fault proxy', () => {
  let upstream: http.Server;
  let proxy: FaultProxy;
  let reached = 0;
  beforeAll(async () => {
    upstream = http.createServer((request, response) => {
      reached++;
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => response.end(`${request.method} ${request.url} ${body} `.padEnd(100, '.')));
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    proxy = await FaultProxy.before(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`);
  });
  afterEach(() => {
    proxy.clear();
    reached = 0;
  });
  afterAll(async () => {
    await proxy.close();
    upstream.close();
  });

  const call = (service = 's3', headers = {}, path = '/bucket/a key') =>
    fetch(`${proxy.url}${encodeURI(path)}`, {
      method: 'POST',
      body: 'hello',
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=k/20260101/r/${service}/aws4_request`, ...headers },
    });

  it('passes on what no rule is about, and tells what came', async () => {
    proxy.when({ service: 'dynamodb' }, { kind: 'reset' });
    expect(await (await call()).text()).toMatch(/^POST \/bucket\/a%20key hello/);
    expect(proxy.calls.at(-1)).toMatchObject({ service: 's3', operation: 'POST', path: '/bucket/a key' });
    await call('sqs', { 'x-amz-target': 'AmazonSQS.SendMessage' });
    expect(proxy.calls.at(-1)).toMatchObject({ service: 'sqs', operation: 'SendMessage' });
  });

  it('answers errors in the form of the service, so many times', async () => {
    const rule = proxy.when({ service: 's3', path: /a key/ }, SLOW_DOWN, { times: 2 });
    expect([(await call()).status, (await call()).status, (await call()).status]).toEqual([503, 503, 200]);
    expect([rule.hits, reached]).toEqual([2, 1]);
    proxy.when({ operation: ['GetItem', 'PutItem'] }, THROTTLED);
    const refused = await call('dynamodb', { 'x-amz-target': 'DynamoDB_20120810.PutItem' });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ __type: expect.stringMatching(/#ProvisionedThroughputExceeded/) });
  });

  it('breaks a connection before, or after, the request was carried out', async () => {
    proxy.when({}, { kind: 'reset' }, { times: 1 });
    await expect(call()).rejects.toThrow();
    expect(reached).toBe(0);
    proxy.when({}, { kind: 'lost-answer' }, { times: 1 });
    await expect(call()).rejects.toThrow();
    expect(reached).toBe(1);
  });

  it('cuts a body off so that it shows, or so that it does not', async () => {
    proxy.when({}, { kind: 'cut', bytes: 10 }, { times: 1 });
    const cut = await call();
    expect(cut.headers.get('content-length')).toBe('100');
    await expect(cut.text()).rejects.toThrow();
    proxy.when({}, { kind: 'shorten', bytes: 10 }, { times: 1 });
    expect(await (await call()).text()).toHaveLength(10);
  });

  it('lets some go by first, and tells when it strikes', async () => {
    const struck: string[] = [];
    proxy.when({}, { kind: 'reset', strike: () => struck.push('before') }, { skip: 1, times: 1 });
    proxy.when({}, { kind: 'lost-answer', strike: () => struck.push('after') }, { skip: 1, times: 1 });
    const outcomes: boolean[] = [];
    for (let i = 0; i < 4; i++)
      outcomes.push(
        await call().then(
          () => true,
          () => false,
        ),
      );
    expect(outcomes).toEqual([true, false, false, true]);
    expect([struck, reached]).toEqual([['before', 'after'], 3]);
  });

  it('holds a body until something has happened', async () => {
    let happened = false;
    const until = async () => {
      happened = true;
    };
    proxy.when({}, { kind: 'hold', bytes: 3, until });
    expect(await (await call()).text()).toHaveLength(100);
    expect(happened).toBe(true);
  });

  it('throws the same dice for the same seed', async () => {
    const pattern = async () => {
      proxy.clear();
      proxy.when({}, SLOW_DOWN, { probability: 0.5, seed: 7 });
      const statuses: number[] = [];
      for (let i = 0; i < 24; i++) statuses.push((await call()).status);
      return statuses;
    };
    const first = await pattern();
    expect(new Set(first)).toEqual(new Set([200, 503]));
    expect(await pattern()).toEqual(first);
  });
});
