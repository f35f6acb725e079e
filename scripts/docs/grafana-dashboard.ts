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

/** What every question is asked of: the environments and models chosen at the top. */
const OF_ENVIRONMENT = 'environment=~"$environment"';
const OF_MODEL = 'model=~"$model"';
const ALL = `${OF_ENVIRONMENT},${OF_MODEL}`;
const RATE = '[$__rate_interval]';
/** Environments may have models of one name: nothing is added up across them, and every line says which it is of. */
const BY_MODEL = '{{environment}} {{model}}';
const BY_VERSION = `${BY_MODEL} {{version}}`;
const BY_INSTANCE = '{{environment}} {{instance}}';

const quantile = (q: number, metric: string, by: string): string =>
  `histogram_quantile(${q}, sum by (le, environment, ${by}) (rate(${metric}_bucket{${ALL}}${RATE})))`;
const ratio = (part: string, whole: string): string => `${part} / ${whole}`;
const rates = (metric: string, by: string, labels = ALL): string =>
  `sum by (environment, ${by}) (rate(${metric}{${labels}}${RATE}))`;

/**
 * A question about metrics that have no label of the environment, for they have the labels of other servers: of those
 * servers that are of the chosen environments, with the environment of each.
 */
const ofServers = (expr: string): string =>
  `(${expr} * on (job, instance) group_left (environment) group by (job, instance, environment) (trimtab_release_revision{${OF_ENVIRONMENT}}))`;
const borrowedRates = (metric: string, by: string, labels = OF_MODEL): string =>
  `sum by (environment, ${by}) ${ofServers(`rate(${metric}{${labels}}${RATE})`)}`;

/** Rows of panels, from what is asked first to what is asked last. */
export const DASHBOARD_ROWS: readonly { readonly title: string; readonly panels: readonly Panel[] }[] = [
  {
    title: 'Requests',
    panels: [
      {
        title: 'Requests a second, by outcome',
        unit: 'reqps',
        queries: [
          { expr: rates('trimtab_requests_total', 'outcome', OF_ENVIRONMENT), legend: '{{environment}} {{outcome}}' },
        ],
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
            expr: borrowedRates('nv_inference_request_failure', 'model, reason', `${OF_MODEL},reason!="OTHER"`),
            legend: `${BY_MODEL} {{reason}}`,
          },
        ],
      },
      {
        title: 'Requests by protocol',
        unit: 'reqps',
        queries: [
          {
            expr: rates('trimtab_requests_total', 'protocol', OF_ENVIRONMENT),
            legend: '{{environment}} {{protocol}}',
          },
        ],
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
        queries: [
          { expr: quantile(0.99, 'trimtab_stage_duration_seconds', 'stage'), legend: '{{environment}} {{stage}}' },
        ],
      },
      {
        title: 'Rows in a batch, on average',
        unit: 'short',
        queries: [
          {
            expr: ratio(rates('trimtab_run_rows_total', 'model, where'), rates('trimtab_runs_total', 'model, where')),
            legend: `${BY_MODEL} {{where}}`,
          },
        ],
      },
      {
        title: 'Answers out of the cache',
        unit: 'percentunit',
        queries: [
          {
            expr: ratio(
              borrowedRates('nv_cache_num_hits_per_model', 'model'),
              `(${borrowedRates('nv_cache_num_hits_per_model', 'model')} + ${borrowedRates('nv_cache_num_misses_per_model', 'model')})`,
            ),
            legend: BY_MODEL,
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
        queries: [{ expr: rates('trimtab_violations_total', 'model, outcome'), legend: `${BY_MODEL} {{outcome}}` }],
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
          { expr: `trimtab_drift_share{${ALL}}`, legend: `${BY_MODEL} {{variant}} drifted features` },
          { expr: `trimtab_prediction_error_ratio{${ALL}}`, legend: `${BY_MODEL} {{variant}} wrong` },
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
          { expr: `trimtab_queue_requests{${OF_ENVIRONMENT}}`, legend: `queue ${BY_INSTANCE}` },
          { expr: `trimtab_requests_under_way{${OF_ENVIRONMENT}}`, legend: `under way ${BY_INSTANCE}` },
          {
            expr: `sum by (environment, model) ${ofServers(`nv_inference_pending_request_count{${OF_MODEL}}`)}`,
            legend: `for workers ${BY_MODEL}`,
          },
        ],
      },
      {
        title: 'Workers',
        unit: 'short',
        queries: [{ expr: `trimtab_runners{${OF_ENVIRONMENT}}`, legend: `{{state}} ${BY_INSTANCE}` }],
      },
      {
        title: 'Memory',
        unit: 'bytes',
        queries: [
          { expr: ofServers('process_resident_memory_bytes'), legend: `processes that answer ${BY_INSTANCE}` },
          { expr: `trimtab_queue_bytes{${OF_ENVIRONMENT}}`, legend: `queue ${BY_INSTANCE}` },
          { expr: `trimtab_request_bytes{${OF_ENVIRONMENT}}`, legend: `bodies and unread answers ${BY_INSTANCE}` },
        ],
      },
      {
        title: 'Refused at a bound, a second',
        unit: 'short',
        queries: [
          {
            expr: `sum by (environment, reason) (rate(trimtab_admission_refused_total{${OF_ENVIRONMENT}}${RATE}))`,
            legend: `{{environment}} {{reason}}`,
          },
        ],
      },
      {
        title: 'Connections',
        unit: 'short',
        queries: [{ expr: `trimtab_connections{${OF_ENVIRONMENT}}`, legend: BY_INSTANCE }],
      },
      {
        title: 'Processor',
        unit: 'short',
        queries: [{ expr: ofServers(`rate(process_cpu_seconds_total${RATE})`), legend: BY_INSTANCE }],
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
        // Without a choice of all, the first environment is the default; several may be chosen.
        variable('environment', 'Environment', 'label_values(trimtab_release_revision, environment)'),
        {
          ...variable('model', 'Model', `label_values(trimtab_release_revision{${OF_ENVIRONMENT}}, model)`),
          includeAll: true,
          allValue: '.*',
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
    panels: panels.map((panel, i) => ({ id: i + 1, ...panel })),
  };
}

/** A choice at the top of the dashboard. */
const variable = (name: string, label: string, query: string) => ({
  name,
  label,
  type: 'query',
  datasource: SOURCE,
  query,
  refresh: 2,
  multi: true,
  includeAll: false,
});

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
