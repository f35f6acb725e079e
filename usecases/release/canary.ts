import { type Analysis, analyse, type Pair } from '../../core/canary/analyse.ts';
import { StratifiedDifference } from '../../core/experiment/strata.ts';
import type { AnalysisPolicy } from '../../core/manifest/canary-analysis.ts';
import { versionDimensions } from '../../core/observability/metric-names.ts';
import type { Command } from '../../core/registry/commands.ts';
import type { Challenger } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import type { ChallengerReview } from './challenger-review.ts';
import { readStrata, type Versions, type Window } from './metric-strata.ts';

/** Length of the strata that times are compared in, seconds. */
const PERIOD_SECONDS = 10;

/**
 * The next command about a canary. Once its step has lasted long enough, has had traffic and no alarm is up, the step
 * is analysed: the canary advances when it is not inferior to the champion, and is aborted when it is surely worse.
 * Within a step it is left to the alarms.
 *
 * @returns a command, or what is waited for
 */
export async function nextCanaryCommand(
  home: Pick<Home, 'metrics'>,
  { now, state, challenger, version: { model, manifest }, up }: ChallengerReview,
): Promise<Command | string> {
  const { version, weight, since } = challenger;
  const { stepSeconds, analysis: policy } = manifest.rollout;
  // Clocks that are set by AWS's still differ by a second.
  const held = Math.max(0, now.getTime() - Date.parse(since)) / 1_000;
  if (held < stepSeconds) return `the step has held ${Math.floor(held)} of ${stepSeconds} s`;
  if (up.length > 0) return `alarms are up: ${up.map(({ name }) => name).join(', ')}`;
  if (!(await hadTraffic(home, model, challenger, now))) return 'the challenger has had no traffic in this step';
  const last = challenger.steps[challenger.step + 1] === 1;
  const tested = state.challengers.find(({ test }) => test !== undefined);
  if (last && tested) return `the last step would end the A/B test of version ${tested.version}`;

  const stood = `held ${Math.floor(held)} s at ${weight} with traffic and no alarm`;
  if (!policy.enabled) return { type: 'advance', version, reason: stood };
  const versions = { model, champion: state.champion!, challenger: version };
  const analysis = await analysisOf(home, versions, { from: new Date(since), to: now }, policy);
  const evidence = evidenceOf(analysis, since, now);
  if (analysis.verdict === 'abort')
    return { type: 'abort-canary', versions: [version], quarantine: true, reason: analysis.reason, evidence };
  if (analysis.verdict === 'advance')
    return { type: 'advance', version, reason: `${stood}; ${analysis.reason}`, evidence };
  // Once a step: the ledger is no log.
  const reason = `${stood}, and waits: ${analysis.reason}`;
  return challenger.waiting === undefined ? { type: 'wait', version, reason, evidence } : analysis.reason;
}

/**
 * Analyses a step of a canary by the metrics of both versions.
 *
 * @param step from the begin of the step until now
 */
export async function analysisOf(
  home: Pick<Home, 'metrics'>,
  versions: Versions,
  step: Window,
  policy: AnalysisPolicy,
): Promise<Analysis> {
  const window = { ...step, periodSeconds: PERIOD_SECONDS };
  const read = async (metric: string): Promise<Pair> => {
    const all = await readStrata(home, metric, versions, window);
    const total = (side: 'champion' | 'challenger') =>
      all.reduce((sum, each) => ({ n: sum.n + each[side].n, sum: sum.sum + each[side].sum }), { n: 0, sum: 0 });
    return { champion: total('champion'), challenger: total('challenger') };
  };
  const [failure, wrong, latencies] = await Promise.all([
    read('Failure'),
    read('PredictionError'),
    readStrata(home, 'Latency', versions, window),
  ]);
  const latency = new StratifiedDifference(false);
  for (const each of latencies) latency.add(each);
  return analyse(policy, { failure, wrong, latency: latency.estimate() });
}

const evidenceOf = ({ verdict, checks }: Analysis, from: string, to: Date) => ({
  verdict,
  from,
  to: to.toISOString(),
  checks,
});

async function hadTraffic(
  home: Pick<Home, 'metrics'>,
  model: string,
  challenger: Challenger,
  now: Date,
): Promise<boolean> {
  const rows = await home.metrics.query({
    metric: 'Rows',
    dimensions: versionDimensions(home.metrics.environment, model, challenger.version),
    statistic: 'Sum',
    periodSeconds: 60,
    from: new Date(challenger.since),
    to: now,
  });
  return rows.some(({ value }) => value > 0);
}
