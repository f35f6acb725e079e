// The dashboard for Grafana, containers/grafana/trimtab.json (`npm run generate` writes it).

/** A question in PromQL, and how its answers are named. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly queries: readonly Query[];
}

/** What every question is asked of: the models chosen at the top. */
const ALL = 'model=~"$model"';
const RATE = '[$__rate_interval]';
const BY_VERSION = '{{model}} {{version}}';

const quantile = (q: number, metric: string, by: string): string =>
  `histogram_quantile(${q}, sum by (le, ${by}) (rate(${metric}_bucket{${ALL}}${RATE})))`;
const ratio = (part: string, whole: string): string => `${part} / ${whole}`;
const rates = (metric: string, by: string, labels = ALL): string =>
  `sum by (${by}) (rate(${metric}{${labels}}${RATE}))`;

/** Rows of panels, from what is asked first to what is asked last. */
export const DASHBOARD_ROWS: readonly { readonly title: string; readonly panels: readonly Panel[] }[] = [
  {
    title: 'Requests',
    panels: [
      {
        title: 'Requests a second, by outcome',
        unit: 'reqps',
        queries: [{ expr: `sum by (outcome) (rate(trimtab_requests_total${RATE}))`, legend: '{{outcome}}' }],
      },
      {
        title: 'Rows a second, by version',
        unit: 'ops',
        queries: [
          { expr: rates('trimtab_rows_total', 'model, version, variant'), legend: `${BY_VERSION} {{variant}}` },
        ],
      },
      {
        title: 'Failures that are ours, by model',
        unit: 'reqps',
        queries: [
          {
            expr: rates('nv_inference_request_failure', 'model, reason', `${ALL},reason!="OTHER"`),
            legend: '{{model}} {{reason}}',
          },
        ],
      },
      {
        title: 'Requests by protocol',
        unit: 'reqps',
        queries: [{ expr: `sum by (protocol) (rate(trimtab_requests_total${RATE}))`, legend: '{{protocol}}' }],
      },
    ],
  },
  {
    title: 'Time',
    panels: [
      {
        title: 'Latency, by version: p50 and p99',
        unit: 's',
        queries: [0.5, 0.99].map((q) => ({
          expr: quantile(q, 'trimtab_request_duration_seconds', 'model, version'),
          legend: `${BY_VERSION} p${100 * q}`,
        })),
      },
      {
        title: 'Steps of a request: p99',
        unit: 's',
        queries: [{ expr: quantile(0.99, 'trimtab_stage_duration_seconds', 'stage'), legend: '{{stage}}' }],
      },
      {
        title: 'Rows in a batch, on average',
        unit: 'short',
        queries: [
          {
            expr: ratio(rates('trimtab_run_rows_total', 'model, where'), rates('trimtab_runs_total', 'model, where')),
            legend: '{{model}} {{where}}',
          },
        ],
      },
      {
        title: 'Answers out of the cache',
        unit: 'percentunit',
        queries: [
          {
            expr: ratio(
              rates('nv_cache_num_hits_per_model', 'model'),
              `(${rates('nv_cache_num_hits_per_model', 'model')} + ${rates('nv_cache_num_misses_per_model', 'model')})`,
            ),
            legend: '{{model}}',
          },
        ],
      },
    ],
  },
  {
    title: 'Models',
    panels: [
      {
        title: 'Share of the traffic',
        unit: 'percentunit',
        queries: [{ expr: `trimtab_traffic_share{${ALL}}`, legend: `${BY_VERSION} {{variant}}` }],
      },
      {
        title: 'Requests that break the contract',
        unit: 'reqps',
        queries: [{ expr: rates('trimtab_violations_total', 'model, outcome'), legend: '{{model}} {{outcome}}' }],
      },
      {
        title: 'Scores: median, by version',
        unit: 'short',
        queries: [{ expr: quantile(0.5, 'trimtab_score', 'model, version'), legend: BY_VERSION }],
      },
      {
        title: 'Drift, and wrong decisions',
        unit: 'percentunit',
        queries: [
          { expr: `trimtab_drift_share{${ALL}}`, legend: '{{model}} {{variant}} drifted features' },
          { expr: `trimtab_prediction_error_ratio{${ALL}}`, legend: '{{model}} {{variant}} wrong' },
        ],
      },
      {
        title: 'What stands in the way: 1 is trouble',
        unit: 'short',
        queries: ['load_failed', 'release_stale', 'privacy_failed'].map((name) => ({
          expr: `trimtab_${name}{${ALL}}`,
          legend: `${BY_VERSION} ${name.replace('_', ' ')}`,
        })),
      },
    ],
  },
  {
    title: 'Server',
    panels: [
      {
        title: 'Waiting and under way',
        unit: 'short',
        queries: [
          { expr: 'trimtab_queue_requests', legend: 'queue {{instance}}' },
          { expr: 'trimtab_requests_under_way', legend: 'under way {{instance}}' },
          { expr: `sum by (model) (nv_inference_pending_request_count{${ALL}})`, legend: 'for workers {{model}}' },
        ],
      },
      {
        title: 'Workers',
        unit: 'short',
        queries: [{ expr: 'trimtab_runners', legend: '{{state}} {{instance}}' }],
      },
      {
        title: 'Memory',
        unit: 'bytes',
        queries: [
          { expr: 'process_resident_memory_bytes', legend: 'processes that answer {{instance}}' },
          { expr: 'trimtab_queue_bytes', legend: 'queue {{instance}}' },
        ],
      },
      {
        title: 'Processor',
        unit: 'short',
        queries: [{ expr: `rate(process_cpu_seconds_total${RATE})`, legend: '{{instance}}' }],
      },
    ],
  },
];

const SOURCE = { type: 'prometheus', uid: '$datasource' };
const WIDTH = 24;
const HEIGHT = 8;

/** The dashboard as Grafana imports it. */
export function dashboard(): object {
  const panels: object[] = [];
  let y = 0;
  for (const row of DASHBOARD_ROWS) {
    panels.push({ type: 'row', title: row.title, collapsed: false, gridPos: { x: 0, y, w: WIDTH, h: 1 }, panels: [] });
    y++;
    const w = WIDTH / Math.min(4, row.panels.length);
    row.panels.forEach((panel, i) => {
      const gridPos = { x: (i % 4) * w, y: y + Math.floor(i / 4) * HEIGHT, w, h: HEIGHT };
      panels.push({ ...panelJson(panel), gridPos });
    });
    y += Math.ceil(row.panels.length / 4) * HEIGHT;
  }
  return {
    title: 'Trimtab',
    uid: 'trimtab',
    tags: ['trimtab'],
    timezone: 'browser',
    schemaVersion: 39,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
        {
          name: 'model',
          label: 'Model',
          type: 'query',
          datasource: SOURCE,
          query: 'label_values(trimtab_release_revision, model)',
          refresh: 2,
          multi: true,
          includeAll: true,
          allValue: '.*',
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
    panels: panels.map((panel, i) => ({ id: i + 1, ...panel })),
  };
}

const panelJson = ({ title, unit, queries }: Panel) => ({
  type: 'timeseries',
  title,
  datasource: SOURCE,
  fieldConfig: {
    // Scores may be negative, nothing else is.
    defaults: { unit, ...(unit === 'short' ? {} : { min: 0 }), custom: { fillOpacity: 5, showPoints: 'never' } },
    overrides: [],
  },
  options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  targets: queries.map(({ expr, legend }, i) => ({
    refId: String.fromCharCode(65 + i),
    datasource: SOURCE,
    expr,
    legendFormat: legend,
  })),
});

/** As it is committed. */
export const grafanaDashboard = (): string => `${JSON.stringify(dashboard(), undefined, 2)}\n`;

export const GRAFANA_FILE = 'containers/grafana/trimtab.json';
