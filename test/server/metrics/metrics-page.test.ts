import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRuntime, startLocalRuntime } from '../../../local-runtime/local-runtime.ts';
import { PIPELINE, ROW, ServingFixture } from '../../fixtures/serving-fixture.ts';
import { installed, startPrometheus } from './prometheus.ts';

let fixture: ServingFixture;
let runtime: LocalRuntime;
const post = (at: string, body: unknown) =>
  fetch(runtime.url + at, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
const scrape = async () => (await fetch(`${runtime.url}/metrics`)).text();

beforeAll(async () => {
  fixture = await ServingFixture.open();
  await fixture.release(PIPELINE, 'pipeline');
  runtime = await startLocalRuntime({ home: path.join(fixture.folder, 'home'), port: 0 });
  for (let i = 0; i < 3; i++) await post('/v1/models/pipeline:predict', { instances: [ROW, ROW] });
  await post('/v1/models/pipeline:predict', { instances: [{ ...ROW, distance: -1 }] });
});
afterAll(async () => {
  await runtime.close();
  await fixture.close();
});

describe('GET /metrics on the local runtime', () => {
  it('answers in Prometheus’s text format, with requests, process and release', async () => {
    const response = await fetch(`${runtime.url}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    for (const line of [
      'nv_inference_count{model="pipeline",version="1"} 6',
      'request_predict_seconds_count{model_name="pipeline"} 3',
      'trimtab_requests_total{environment="local",protocol="v1",operation="infer",outcome="caller",code="400"} 1',
      'trimtab_release_revision{environment="local",model="pipeline"} 3',
      'trimtab_traffic_share{environment="local",model="pipeline",version="1",variant="champion"} 1',
      'trimtab_load_failed{environment="local",model="pipeline",version="1",variant="champion"} 0',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
  });

  it('has every family once, and every sample once', async () => {
    const lines = (await scrape()).trimEnd().split('\n');
    const families = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
    expect(families).toEqual([...new Set(families)]);
    const samples = lines.filter((line) => /^[^#]/.test(line)).map((line) => line.slice(0, line.lastIndexOf(' ')));
    expect(samples).toEqual([...new Set(samples)]);
  });

  it('grows by no series however callers make up paths, models and ids', async () => {
    const series = async () =>
      (await scrape()).split('\n').filter((line) => /^(trimtab|nv|request)_/.test(line)).length;
    // A page is shown again for a second at most.
    const anew = () => new Promise((resolve) => setTimeout(resolve, 1_000));
    await post('/v1/models/made-up:predict', {});
    await fetch(`${runtime.url}/nowhere`);
    await anew();
    const before = await series();
    for (let i = 0; i < 20; i++) {
      await post(`/v1/models/made-up-${i}:predict`, {});
      await fetch(`${runtime.url}/nowhere/${i}`, { headers: { 'x-request-id': `id-${i}` } });
    }
    await anew();
    expect(await series()).toBe(before);
  });

  it('refuses other methods', async () => {
    const response = await fetch(`${runtime.url}/metrics`, { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it.runIf(installed)('passes promtool, but for names that others have made', async () => {
    const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await scrape(), encoding: 'utf8' });
    const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
    expect(complaints.filter((line) => !/^(nv_|nodejs_|process_)/.test(line))).toEqual([]);
  });

  it.runIf(installed)(
    'is scraped by a real Prometheus, which answers what the dashboards ask',
    async () => {
      const prometheus = await startPrometheus(runtime.url);
      try {
        const query = (expression: string) => prometheus.query(expression);
        // A rate wants two scrapes with traffic between them.
        await expect
          .poll(
            async () => {
              await post('/v1/models/pipeline:predict', { instances: [ROW] });
              return (await query('rate(nv_inference_request_success[1m])'))[0]?.value ?? 0;
            },
            { timeout: 60_000, interval: 500 },
          )
          .toBeGreaterThan(0);
        for (const step of ['preprocess', 'predict', 'postprocess']) {
          // Grafana 17969: milliseconds, by quantile.
          const [found] = await query(
            `histogram_quantile(0.99, sum(rate(request_${step}_seconds_bucket{model_name="pipeline"}[1m])) by (le)) * 1000`,
          );
          expect(found?.value, step).toBeGreaterThan(0);
        }
        for (const part of ['request', 'compute_infer', 'compute_input', 'compute_output']) {
          // Grafana 18027: cumulative microseconds over successes.
          const [found] = await query(
            `sum(rate(nv_inference_${part}_duration_us{model="pipeline"}[1m])) by (model, version) / sum(rate(nv_inference_request_success{model="pipeline"}[1m])) by (model, version)`,
          );
          expect(found, part).toMatchObject({ metric: { model: 'pipeline', version: '1' } });
          expect(found!.value, part).toBeGreaterThan(0);
        }
        for (const name of [
          'nv_cache_num_hits_per_model',
          'nv_cache_num_misses_per_model',
          'nv_inference_queue_duration_us',
        ])
          expect(await query(name), name).toHaveLength(1);
        expect((await query('nv_inference_request_failure'))[0]).toMatchObject({
          metric: { reason: 'OTHER' },
          value: 1,
        });
        expect((await query('sum(up)'))[0]?.value).toBe(1);
      } finally {
        await prometheus.stop();
      }
    },
    120_000,
  );
});
