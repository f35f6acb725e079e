import type { AlarmDefinition } from '../../core/alarms/alarm.ts';
import type { Hypothesis } from '../../core/experiment/hypothesis.ts';
import { evaluateTest, type TestResult } from '../../core/experiment/judge.ts';
import { StratifiedDifference } from '../../core/experiment/strata.ts';
import type { Command } from '../../core/registry/commands.ts';
import type { Challenger, ReleaseState } from '../../core/registry/ledger.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { Home } from '../../platform/ports.ts';
import { readStrata } from './metric-strata.ts';

/**
 * What is to be done about an A/B test: the winner gets all the traffic, and whatever else it is decided as ends it.
 *
 * @returns a command, or what is waited for
 */
export async function nextTestCommand(
  home: Home,
  now: Date,
  state: ReleaseState,
  challenger: Challenger,
  { model, manifest }: ModelVersion,
  up: readonly AlarmDefinition[],
): Promise<Command | string> {
  const { version, since, test } = challenger;
  const judgement = await testStatusOf(home, now, model, state, challenger, manifest.monitoring.periodSeconds);
  if (judgement.outcome === 'running') return judgement.reason;
  const evidence = { hypothesis: test, from: since, to: now.toISOString(), ...judgement };
  if (judgement.outcome !== 'better') return { type: 'end-test', version, reason: judgement.reason, evidence };
  if (up.length > 0) return `it has won, but alarms are up: ${up.map(({ name }) => name).join(', ')}`;
  const held = (now.getTime() - Date.parse(since)) / 1_000;
  const { stepSeconds } = manifest.rollout;
  if (held < stepSeconds) return `it has won, but has run only ${Math.floor(held)} of ${stepSeconds} s`;
  return { type: 'promote', version, reason: judgement.reason, evidence };
}

/** How a challenger's test stands; for the command line, too. */
export async function testStatusOf(
  home: Pick<Home, 'metrics'>,
  now: Date,
  model: string,
  { champion }: Pick<ReleaseState, 'champion'>,
  { version, since, test }: Challenger,
  periodSeconds: number,
): Promise<TestResult> {
  const hypothesis = test as Hypothesis;
  const difference = new StratifiedDifference(hypothesis.rate);
  const versions = { model, champion: champion!, challenger: version };
  const window = { from: new Date(since), to: now };
  for (const each of await readStrata(home, hypothesis.metric, versions, window, periodSeconds)) difference.add(each);
  return evaluateTest(hypothesis, difference.estimate());
}
