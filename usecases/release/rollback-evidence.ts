import type { AlarmDefinition, AlarmTransition } from '../../core/alarms/alarm.ts';
import { type MetricName, versionDimensions } from '../../core/observability/metric-names.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Evidence, MetricObservation } from '../../core/rollback/evidence.ts';
import type { Home } from '../../platform/ports.ts';

/** How much of the time before a release speaks for the predecessor. */
const PREDECESSOR_MS = 3_600_000;
/** Longest window that is read by the second. */
const FINE_MS = 3_600_000;

/** Metrics whose samples are 0 or 1: their mean is a rate. */
const RATES: ReadonlySet<string> = new Set<MetricName>([
  'PredictionError',
  'Failure',
  'Violation',
  'LoadFailure',
  'StaleRelease',
]);

interface Window {
  readonly from: Date;
  readonly to: Date;
}

export interface EvidenceOptions {
  readonly state: ReleaseState;
  readonly alarm: AlarmTransition;
  /** What the alarm measures, and by which threshold. */
  readonly definition: AlarmDefinition;
  /** Share of wrong decisions on the reference, when it is known. */
  readonly baselineErrorRate: number | undefined;
}

/**
 * Gathers the evidence for a rollback decision: the alarm's metric by version over the window that the alarm evaluated,
 * cut off at the beginning of the release. Without a challenger the champion's predecessor is there too, over the hour
 * before the release.
 */
export async function gatherEvidence(
  home: Pick<Home, 'metrics'>,
  { state, alarm, definition, baselineErrorRate }: EvidenceOptions,
): Promise<Evidence> {
  const { metric, periodSeconds, evaluationPeriods, threshold } = definition;
  const at = Date.parse(alarm.at);
  const since = state.since === null ? at : Math.min(at, Date.parse(state.since));
  // One more period than the alarm judged: its samples go on arriving while it is being answered.
  const length = (evaluationPeriods + 1) * periodSeconds * 1_000;
  // Metrics are kept by the second for three hours. A coarser period would reach back before the release, and mix
  // what the champion did then into what it is compared by.
  const resolution = length <= FINE_MS ? 1 : periodSeconds;
  const window: Window = {
    from: new Date(Math.ceil(Math.max(since, at - length) / 1_000) * 1_000),
    to: new Date(at + periodSeconds * 1_000),
  };
  const observe = (version: number, role: MetricObservation['role'], over: Window, period = resolution) =>
    observation(home, { model: alarm.model, metric, ...over, periodSeconds: period }, version, role);

  const observations: MetricObservation[] = [];
  if (state.champion !== null) observations.push(await observe(state.champion, 'champion', window));
  for (const { version } of state.challengers) observations.push(await observe(version, 'challenger', window));
  const predecessor = state.challengers.length > 0 ? undefined : state.previous.at(-1);
  if (predecessor !== undefined)
    observations.push(
      await observe(predecessor, 'predecessor', { from: new Date(since - PREDECESSOR_MS), to: new Date(since) }, 60),
    );
  return {
    metric,
    rate: RATES.has(metric),
    from: window.from.toISOString(),
    to: window.to.toISOString(),
    observations,
    ...(metric === 'PredictionError' && baselineErrorRate !== undefined ? { baseline: baselineErrorRate } : {}),
    threshold,
  };
}

/** A metric of a model's versions over a window. */
interface ModelMetric extends Window {
  readonly model: string;
  readonly metric: string;
  readonly periodSeconds: number;
}

async function observation(
  home: Pick<Home, 'metrics'>,
  { model, ...metric }: ModelMetric,
  version: number,
  role: MetricObservation['role'],
): Promise<MetricObservation> {
  const query = { ...metric, dimensions: versionDimensions(home.metrics.environment, model, version) };
  const [counts, sums] = await Promise.all([
    home.metrics.query({ ...query, statistic: 'SampleCount' }),
    home.metrics.query({ ...query, statistic: 'Sum' }),
  ]);
  const total = (points: readonly { value: number }[]): number => points.reduce((sum, { value }) => sum + value, 0);
  const samples = total(counts);
  return { version, role, samples, mean: samples === 0 ? 0 : total(sums) / samples };
}
