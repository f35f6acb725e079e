import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PrometheusSink } from '../../../core/observability/prometheus.ts';
import type { HttpRequest } from '../../../core/serving/http.ts';
import { PIPELINE, ROW, read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

let fixture: ServingFixture;
beforeAll(async () => {
  fixture = await ServingFixture.open();
  await fixture.release(PIPELINE, 'pipeline');
});
afterAll(() => fixture.close());

const PREDICT = '/v1/models/pipeline:predict';
const TRUTH = '/trimtab/v1/models/pipeline/truth';
const by = (caller: string, asked: HttpRequest): HttpRequest => ({ ...asked, caller });
/** Paths of every protocol, with what a caller makes up in them. */
const pathsOf = (name: string): string[] => [
  PREDICT,
  `/${name}`,
  `/v1/models/${name}:predict`,
  `/v1/models/pipeline/versions/${name}:predict`,
  `/v1/models/pipeline:${name}`,
  `/v2/models/${name}/infer`,
  `/v2/models/pipeline/versions/${name}/infer`,
  `/v2/repository/models/${name}/load`,
  `/predictions/${name}`,
  `/models/${name}/invoke`,
  `/seldon/${name}/${name}/api/v1.0/predictions`,
  `/trimtab/v1/models/${name}/truth`,
];
const truths = (from: number, count: number) => ({
  records: Array.from({ length: count }, (_, i) => ({ id: `id-${from + i}`, truth: 1 })),
});

describe('What callers can make grow', () => {
  it('is no series of metrics: whatever they name, there are as many as before', async () => {
    const sink = new PrometheusSink('local');
    const endpoint = await fixture.endpoint({ sinks: [sink], statistics: sink.statistics });
    const series = async (): Promise<number> =>
      (await sink.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
    const round = async (i: number): Promise<void> => {
      for (const at of pathsOf(`name-${i}`))
        await endpoint.handle({
          ...request('POST', at, { instances: [ROW] }),
          caller: `10.0.${i >> 8}.${i & 255}`,
          headers: {
            'content-type': 'application/json',
            'x-request-id': `request-${i}`,
            'x-trimtab-version': `${i}`,
            'x-trimtab-variant': `variant-${i}`,
            'x-trimtab-subject': `subject-${i}`,
            'x-trimtab-routing-key': `key-${i}`,
            traceparent: `00-${String(i).padStart(32, '1')}-${String(i).padStart(16, '1')}-01`,
            [`x-header-${i}`]: `${i}`,
          },
        });
    };
    await round(0);
    const before = await series();
    for (let i = 1; i < 200; i++) await round(i);
    expect(await series()).toBe(before);
  });

  it('is no more ground truth than a share: 429 with the time to wait, and others go on', async () => {
    const endpoint = await fixture.endpoint({ truthBytesPerMinute: 100_000 });
    const answers = [];
    for (let i = 0; i < 10; i++)
      answers.push(await endpoint.handle(by('greedy', request('POST', TRUTH, truths(1_000 * i, 300)))));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 202).length + refused.length).toBe(10);
    expect(refused.length).toBeGreaterThan(5);
    for (const { headers, body } of refused) {
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(String(body)).toContain('a caller may send 100000 bytes in a minute');
    }
    expect((await endpoint.handle(by('healthy', request('POST', TRUTH, truths(0, 1))))).status).toBe(202);
    const [noted] = fixture.home.bookkeeping.records.filter(({ reason }) => reason === 'quota');
    expect(noted).toMatchObject({ what: 'truths', refused: refused.length });
  });

  it('is no more captures than a share: they are answered all the same, and what is not captured is counted', async () => {
    const endpoint = await fixture.endpoint({ captureBytesPerMinute: 3_000 });
    const before = fixture.captures().length;
    for (let i = 0; i < 40; i++)
      expect(read(await endpoint.handle(by('greedy', request('POST', PREDICT, { instances: [ROW] })))).status).toBe(
        200,
      );
    const greedy = fixture.captures().length - before;
    expect(greedy).toBeLessThan(20);
    await endpoint.handle(by('healthy', request('POST', PREDICT, { instances: [ROW] })));
    expect(fixture.captures().length - before - greedy).toBe(1);
    const noted = fixture.home.bookkeeping.records.find(
      ({ what, reason }) => what === 'captures' && reason === 'quota',
    );
    expect(noted?.lost).toBe(40 - greedy);
  });
});

describe('A folder for copies that takes no writes', () => {
  it('keeps no version from being loaded', async () => {
    const blocked = path.join(fixture.folder, 'blocked');
    writeFileSync(blocked, 'a file where a folder should be');
    const endpoint = await fixture.endpoint({ cacheFolder: path.join(blocked, 'cache') });
    expect((await endpoint.handle(request('POST', PREDICT, { instances: [ROW] }))).status).toBe(200);
    await expect.poll(() => fixture.home.bookkeeping.records.map(({ what }) => what)).toContain('releases');
  });
});
