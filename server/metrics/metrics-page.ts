import { collectDefaultMetrics, Registry } from 'prom-client';
import { EXPOSITION_TYPE, type Exposition } from '../../core/observability/exposition.ts';
import { variantDimensions } from '../../core/observability/metric-names.ts';
import type { Collector, PrometheusSink } from '../../core/observability/prometheus.ts';
import type { RequestHead } from '../../core/protocols/protocol.ts';
import type { HttpResponse } from '../../core/serving/http.ts';
import { championShare } from '../../core/serving/route.ts';
import type { Home, ServingReport } from '../../platform/ports.ts';

export interface MetricsOptions {
  readonly sink: PrometheusSink;
  /** Further metrics, read at each scrape. */
  readonly collectors: readonly Collector[];
}

/**
 * Answers `GET /metrics` with the metrics of the sink, of the collectors and of the Node process (`process_`, `nodejs_`).
 * The result is undefined for all other paths.
 */
export function metricsPage({
  sink,
  collectors,
}: MetricsOptions): (head: RequestHead) => Promise<HttpResponse> | undefined {
  const process = new Registry();
  collectDefaultMetrics({ register: process });
  const page = async (head: RequestHead): Promise<HttpResponse> => {
    if (head.method !== 'GET' && head.method !== 'HEAD') return notAllowed(head);
    try {
      const own = await sink.text(...collectors);
      return { status: 200, headers: { 'content-type': EXPOSITION_TYPE }, body: own + (await process.metrics()) };
    } catch {
      // A collector failed. Prometheus would take an incomplete page for the current state.
      return { status: 503, headers: TEXT, body: 'the metrics cannot be read now\n' };
    }
  };
  return (head) => (head.path === '/metrics' ? page(head) : undefined);
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

const notAllowed = ({ method }: RequestHead): HttpResponse => ({
  status: 405,
  headers: { ...TEXT, allow: 'GET, HEAD' },
  body: `method ${method} is not allowed, use GET or HEAD\n`,
});

/** Gauges of the releases that the endpoint serves. */
export const releaseGauges =
  (reports: () => ReadonlyMap<string, ServingReport>): Collector =>
  (to) => {
    const models = [...reports()];
    to.family('trimtab_release_revision', 'gauge', 'Revision of the release that is served.');
    for (const [model, { revision }] of models) to.sample({ model }, revision);
    to.family('trimtab_traffic_share', 'gauge', 'Share of the traffic that a version gets, 0 to 1.');
    for (const [model, report] of models) shares(to, model, report);
  };

function shares(to: Exposition, model: string, { champion, challengers }: ServingReport): void {
  if (champion !== null) to.sample({ model, version: champion, variant: 'champion' }, championShare(challengers));
  for (const { version, weight } of challengers) to.sample({ model, version, variant: 'challenger' }, weight);
}

/** How old the last point of a metric may be; minutes. */
const RECENT_MINUTES = 24 * 60;

/** Metrics, by variant, that scheduled functions write, and not requests. */
const SCHEDULED_RESULTS = [
  ['Drift', 'Maximum', 'trimtab_drift_share', 'Share of the features that drifted, in the last window.'],
  [
    'PredictionError',
    'Average',
    'trimtab_prediction_error_ratio',
    'Share of wrong decisions, in the last minute with ground truth.',
  ],
] as const;

/** The metrics of a home that {@link watchedGauges} reads. */
export const SCHEDULED_RESULT_METRICS: readonly string[] = SCHEDULED_RESULTS.map(([metric]) => metric);

/** Gauges of the last results of the scheduled functions. Only for homes whose metrics are free to read, unlike CloudWatch's. */
export const watchedGauges =
  (
    { metrics, clock }: { metrics: Pick<Home['metrics'], 'query' | 'environment'>; clock: Home['clock'] },
    models: () => readonly string[] | Promise<readonly string[]>,
  ): Collector =>
  async (to) => {
    const names = await models();
    const now = clock.now();
    const from = new Date(now.getTime() - RECENT_MINUTES * 60_000);
    for (const [metric, statistic, name, help] of SCHEDULED_RESULTS) {
      to.family(name, 'gauge', help);
      for (const model of names)
        for (const variant of ['champion', 'challenger']) {
          const dimensions = variantDimensions(metrics.environment, model, variant);
          const points = await metrics.query({ metric, statistic, dimensions, periodSeconds: 60, from, to: now });
          const last = points.at(-1);
          if (last !== undefined) to.sample({ model, variant }, last.value);
        }
    }
  };
