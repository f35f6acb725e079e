import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { metricLine } from '../../../core/observability/emf.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import { DASHBOARD_ROWS, GRAFANA_FILE, grafanaDashboard } from '../../../scripts/docs/grafana-dashboard.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { bundledCommand, type Running, startServe } from '../../fixtures/command.ts';
import { HttpClient } from '../../fixtures/http-client.ts';
import { TREE } from '../../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { installed, startPrometheus } from './prometheus.ts';

/** Names of the metrics that a question is about. */
const metricsIn = (expr: string): string[] => [
  ...new Set(expr.match(/\b(?:trimtab|nv|request|process|nodejs)_[a-z_]+/g) ?? []),
];

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: string;
let server: Running;
let client: HttpClient;
beforeAll(async () => {
  folder = temporaryFolder('dashboard-test');
  const from = path.join(folder, 'tree');
  await mkdir(from);
  await copyFile('test/fixtures/onnx/tree-30.onnx', path.join(from, 'model.onnx'));
  await writeFile(path.join(from, 'model.json'), JSON.stringify({ ...TREE, serving: { cache: { ttlSeconds: 60 } } }));
  const home = await openLocalHome(path.join(folder, 'home'));
  const registry = new Registry(home, 'test');
  await registry.register(from, await readSignature(path.join(from, 'model.onnx')));
  for (const type of ['approve', 'release'] as const)
    await registry.apply('tree', { type, version: 1, reason: 'test' });
  // What the scheduled functions would have written.
  const values = { Drift: 0.25, PredictionError: [1, 0, 0, 0] };
  home.metrics.write(
    metricLine({ environment: 'local', model: 'tree', variant: 'champion', version: 1, at: Date.now(), values }),
  );
  await home.close();
  // All runs go to the workers.
  const args = ['--home', path.join(folder, 'home'), '--inline', '0', '--drain-delay', '0'];
  server = await startServe(await bundledCommand(folder), args);
  client = new HttpClient(server.url);
});
afterAll(async () => {
  client.close();
  server.child.kill('SIGTERM');
  await server.ended;
});

let asked = 0;
const predict = () =>
  client.ask({ path: '/v1/models/tree:predict', body: JSON.stringify({ instances: [Array(30).fill(asked++ % 50)] }) });
const scrape = async () => (await client.ask({ method: 'GET', path: '/metrics' })).body.toString('utf8');
const questions = DASHBOARD_ROWS.flatMap(({ panels }) => panels).flatMap(({ title, queries }) =>
  queries.map(({ expr }) => [title, expr] as const),
);

describe('GET /metrics of trimtab serve', () => {
  it('tells what was found of drift and ground truth in the home that it serves, and what waits for workers', async () => {
    for (let i = 0; i < 3; i++) expect((await predict()).status).toBe(200);
    const page = await scrape();
    expect(page).toContain('trimtab_drift_share{environment="local",model="tree",variant="champion"} 0.25\n');
    expect(page).toContain(
      'trimtab_prediction_error_ratio{environment="local",model="tree",variant="champion"} 0.25\n',
    );
    expect(page).toContain('nv_inference_pending_request_count{model="tree",version="1"} 0\n');
    expect(page).toMatch(/trimtab_run_requests_total\{environment="local",model="tree",where="runner"\} [1-9]/);
  });
});

describe('The dashboard for Grafana', () => {
  it('is committed as it is made', async () => {
    expect(await readFile(GRAFANA_FILE, 'utf8')).toBe(grafanaDashboard());
  });

  it('asks only for metrics that a running server has', async () => {
    const page = await scrape();
    const families = new Set([...page.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    for (const [title, expr] of questions) {
      expect(metricsIn(expr).length, title).toBeGreaterThan(0);
      for (const name of metricsIn(expr)) expect(families, title).toContain(name.replace(/_bucket$/, ''));
    }
  });

  it('asks for the chosen environments alone', () => {
    for (const [title, expr] of questions) {
      // Names of other servers come without the label: they are narrowed by the server that they are of.
      const own = expr.match(/\btrimtab_\w+(\{[^}]*\})?/g) ?? [];
      expect(own.length, title).toBeGreaterThan(0);
      for (const selector of own) expect(selector, title).toContain('environment=~"$environment"');
      const borrowed = expr.match(/\b(?:nv|process)_\w+/g) ?? [];
      expect(expr.match(/\* on \(job, instance\) group_left \(environment\) group by/g) ?? [], title).toHaveLength(
        borrowed.length,
      );
    }
  });

  it('adds nothing up across environments, and says of every line which it is of', () => {
    for (const { title, queries } of DASHBOARD_ROWS.flatMap(({ panels }) => panels))
      for (const { expr, legend } of queries) {
        for (const [, labels] of expr.matchAll(/\bby \(([^)]*)\)/g)) expect(labels, title).toMatch(/\benvironment\b/);
        for (const [aggregation] of expr.matchAll(/\b(?:sum|avg|min|max|count|group)\b(?! by\b)/g))
          expect.unreachable(`${title}: ${aggregation} of all environments`);
        expect(legend, title).toContain('{{environment}}');
      }
  });

  it('shows one environment unless more are chosen', () => {
    const { templating } = JSON.parse(grafanaDashboard()) as { templating: { list: Record<string, unknown>[] } };
    const environment = templating.list.find(({ name }) => name === 'environment');
    expect(environment).toMatchObject({ includeAll: false });
    expect(environment).not.toHaveProperty('current');
  });

  it.runIf(installed)('has an answer by a real Prometheus to every question of its panels', async () => {
    const prometheus = await startPrometheus(server.url);
    // Of what there is only in trouble.
    const TROUBLE = /nv_inference_request_failure|_failed|_stale/;
    try {
      const empty = new Set(questions.map(([, expr]) => expr));
      await expect
        .poll(
          async () => {
            await predict();
            for (const expr of empty) {
              const found = await prometheus.query(
                expr
                  .replaceAll('$model', '.*')
                  .replaceAll('$environment', 'local')
                  .replaceAll('$__rate_interval', '1m'),
              );
              if (found.length > 0) empty.delete(expr);
            }
            return [...empty].filter((expr) => !TROUBLE.test(expr));
          },
          { timeout: 60_000, interval: 500 },
        )
        .toEqual([]);
    } finally {
      await prometheus.stop();
    }
  });
});
