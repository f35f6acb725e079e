import type { Route } from '../serving/route.ts';
import { ROW_BUCKETS, SECONDS, SHARES, VALUES } from './buckets.ts';
import { exposeKServe, exposeTriton } from './compatibility.ts';
import { Exposition, type Labels } from './exposition.ts';
import { Histogram } from './histogram.ts';
import type { MetricName } from './metric-names.ts';
import type { ModelSeries } from './model-series.ts';
import { type Observation, PHASES, type Signals, type Sink } from './observation.ts';
import { Statistics } from './statistics.ts';

/** A scrape reads all of them. */
const MAX_SERIES = 200;

/** Writes families of its own behind the sink's: gauges of whoever knows them. */
export type Collector = (to: Exposition) => void | Promise<void>;

/** Signals as gauges. */
const SIGNALS: Partial<Record<MetricName, readonly [name: string, help: string]>> = {
  LoadFailure: ['trimtab_load_failed', 'Whether the version could not be loaded when it last was to be (0 or 1).'],
  StaleRelease: ['trimtab_release_stale', 'Whether the ledger is out of reach and the last known release served.'],
  PrivacyFailure: ['trimtab_privacy_failed', 'Whether the privacy secret cannot be had (0 or 1).'],
};

/** What is counted of one version in one part of a release. */
interface RouteSeries {
  readonly labels: Labels;
  readonly duration: Histogram;
  readonly batch: Histogram;
  readonly score: Histogram;
  readonly margin: Histogram;
  readonly entropy: Histogram;
  rows: number;
  rejected: number;
  tolerated: number;
}

interface RequestSeries {
  readonly labels: Labels;
  count: number;
}

/**
 * Turns observations into Prometheus metrics: counters in memory, written as text when somebody asks. KServe's and
 * Triton's names are there for their dashboards; what those lack is under `trimtab_`. Labels are models, versions and
 * parts of releases, protocols and statuses: nothing that a caller could make up.
 */
export class PrometheusSink implements Sink {
  /** What every version has done; Triton's metrics are made of it. */
  readonly statistics: Statistics;
  readonly #models = new Map<string, ModelSeries>();
  readonly #routes = new Map<string, RouteSeries>();
  readonly #requests = new Map<string, RequestSeries>();
  readonly #failures = new Map<string, RequestSeries>();
  readonly #signals = new Map<string, { readonly name: MetricName; readonly labels: Labels; value: number }>();

  /**
   * @param environment a label of every metric of Trimtab's own
   * @param maxSeries series of one kind that are held at most; the oldest goes first, for versions come and go as long
   * as a server lives
   */
  constructor(
    private readonly environment: string,
    private readonly maxSeries = MAX_SERIES,
  ) {
    this.statistics = new Statistics(maxSeries);
  }

  record(observation: Observation): void {
    const { protocol, asked, model, route, outcome, status } = observation;
    this.statistics.record(observation);
    // A shadow answers nobody: no request is counted for it.
    if (status !== 0)
      this.#held(this.#requests, `${protocol} ${asked} ${outcome} ${status}`, () => ({
        labels: { protocol, operation: asked, outcome, code: status },
        count: 0,
      })).count++;
    if (model === undefined || route === undefined) return;
    this.#time(
      observation,
      this.#held(this.#models, model, () => ({ model, phases: {}, preprocess: new Histogram(SECONDS) })),
    );
    if (asked === 'infer') this.#count(observation, model, route);
  }

  signal(model: string, { variant, version }: Route, _at: number, values: Signals): void {
    for (const name in values)
      this.#held(this.#signals, `${name} ${model} ${version} ${variant}`, () => ({
        name: name as MetricName,
        labels: { model, version, variant },
        value: 0,
      })).value = values[name as MetricName]!;
  }

  /** All metrics as text. */
  async text(...collectors: readonly Collector[]): Promise<string> {
    const to = new Exposition(this.environment);
    exposeKServe(to, [...this.#models.values()]);
    exposeTriton(to, this.statistics.of(), [...this.#failures.values()]);
    this.#expose(to);
    for (const collector of collectors) await collector(to);
    return to.toString();
  }

  #time({ phases }: Observation, series: ModelSeries): void {
    for (const phase of PHASES) {
      const ms = phases[phase];
      if (ms === undefined) continue;
      series.phases[phase] ??= new Histogram(SECONDS);
      series.phases[phase].observe(ms / 1000);
    }
    if (phases.check !== undefined) series.preprocess.observe(((phases.decode ?? 0) + phases.check) / 1000);
  }

  #count(observation: Observation, model: string, { variant, version }: Route): void {
    const series = this.#held(this.#routes, `${model} ${version} ${variant}`, () => ({
      labels: { model, version, variant },
      duration: new Histogram(SECONDS),
      batch: new Histogram(ROW_BUCKETS),
      score: new Histogram(observation.probable ? SHARES : VALUES),
      margin: new Histogram(SHARES),
      entropy: new Histogram(SHARES),
      rows: 0,
      rejected: 0,
      tolerated: 0,
    }));
    series.duration.observe(observation.duration / 1000);
    if (observation.broken) series.rejected++;
    if (observation.tolerated > 0) series.tolerated++;
    if (observation.outcome !== 'ok') {
      const reason = REASONS[observation.outcome];
      this.#held(this.#failures, `${model} ${version} ${reason}`, () => ({
        labels: { model, version, reason },
        count: 0,
      })).count++;
      return;
    }
    series.rows += observation.rows;
    if (observation.batch !== undefined) series.batch.observe(observation.batch);
    if (!observation.nominal) for (const score of observation.scores) series.score.observe(score);
    if (observation.confidence === undefined) return;
    for (const margin of observation.confidence.margin) series.margin.observe(margin);
    for (const entropy of observation.confidence.entropy) series.entropy.observe(entropy);
  }

  /** The series of a key, made when it is new. */
  #held<T>(series: Map<string, T>, key: string, make: () => T): T {
    const known = series.get(key);
    if (known !== undefined) return known;
    if (series.size >= this.maxSeries) series.delete(series.keys().next().value!);
    const made = make();
    series.set(key, made);
    return made;
  }

  #expose(to: Exposition): void {
    to.family('trimtab_requests_total', 'counter', 'Requests answered, by what was asked for and how it ended.');
    for (const { labels, count } of this.#requests.values()) to.sample(labels, count);
    to.family('trimtab_stage_duration_seconds', 'histogram', 'Time of each step of a request.');
    for (const { model, phases } of this.#models.values())
      for (const phase of PHASES) if (phases[phase]) to.histogram({ model, stage: phase }, phases[phase]);
    const routes = [...this.#routes.values()];
    to.family('trimtab_request_duration_seconds', 'histogram', 'Whole time of an inference request.');
    for (const { labels, duration } of routes) to.histogram(labels, duration);
    to.family('trimtab_rows_total', 'counter', 'Rows answered.');
    for (const { labels, rows } of routes) to.sample(labels, rows);
    to.family(
      'trimtab_violations_total',
      'counter',
      'Requests that broke the contract: rejected, or clamped or flagged.',
    );
    for (const { labels, rejected, tolerated } of routes)
      to.sample({ ...labels, outcome: 'rejected' }, rejected).sample({ ...labels, outcome: 'tolerated' }, tolerated);
    to.family('trimtab_score', 'histogram', 'Score of the output that decides.');
    for (const { labels, score } of routes) to.histogram(labels, score);
    const sure = routes.filter(({ margin }) => margin.count > 0);
    to.family('trimtab_margin', 'histogram', 'Largest probability less the second, of three classes or more.');
    for (const { labels, margin } of sure) to.histogram(labels, margin);
    to.family('trimtab_entropy', 'histogram', 'Entropy over that of even odds, of three classes or more.');
    for (const { labels, entropy } of sure) to.histogram(labels, entropy);
    to.family('trimtab_batch_rows', 'histogram', 'Rows of the batch that a request was run in.');
    for (const { labels, batch } of routes) to.histogram(labels, batch);
    for (const [metric, [name, help]] of Object.entries(SIGNALS)) {
      to.family(name, 'gauge', help);
      for (const signal of this.#signals.values()) if (signal.name === metric) to.sample(signal.labels, signal.value);
    }
  }
}

/** Triton's reasons of failures. */
const REASONS = { caller: 'OTHER', internal: 'BACKEND', unavailable: 'REJECTED' } as const;
