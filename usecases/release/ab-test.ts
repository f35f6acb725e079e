import type { Hypothesis } from '../../core/experiment/hypothesis.ts';
import { evaluateTest, type TestResult } from '../../core/experiment/judge.ts';
import { StratifiedDifference } from '../../core/experiment/strata.ts';
import type { Command } from '../../core/registry/commands.ts';
import type { Challenger } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import type { ChallengerReview } from './challenger-review.ts';
import { readStrata, type Versions } from './metric-strata.ts';

/**
 * The next command about an A/B test. A challenger that has won is promoted; a test that is decided in any other way
 * ends, and its challenger gets no more traffic.
 *
 * @returns a command, or what is waited for
 */
export async function nextTestCommand(
  home: Pick<Home, 'metrics'>,
  { now, state, challenger, version: { model, manifest } }: ChallengerReview,
): Promise<Command | string> {
  const { version, since, test } = challenger;
  const versions = { model, champion: state.champion!, challenger: version };
  const judgement = await testStatusOf(home, versions, challenger, {
    now,
    periodSeconds: manifest.monitoring.periodSeconds,
  });
  if (judgement.outcome === 'running') return judgement.reason;
  const evidence = { hypothesis: test, from: since, to: now.toISOString(), ...judgement };
  if (judgement.outcome !== 'better') return { type: 'end-test', version, reason: judgement.reason, evidence };
  const held = (now.getTime() - Date.parse(since)) / 1_000;
  const { stepSeconds } = manifest.rollout;
  if (held < stepSeconds) return `it has won, but has run only ${Math.floor(held)} of ${stepSeconds} s`;
  return { type: 'promote', version, reason: judgement.reason, evidence };
}

/**
 * Evaluates a challenger's A/B test over what both versions did since it began.
 *
 * @param test the challenger's hypothesis, and since when it is tested
 * @param periodSeconds how long the strata are that the versions are compared in, at least
 */
export async function testStatusOf(
  home: Pick<Home, 'metrics'>,
  versions: Versions,
  { since, test }: Pick<Challenger, 'since' | 'test'>,
  { now, periodSeconds }: { readonly now: Date; readonly periodSeconds: number },
): Promise<TestResult> {
  const hypothesis = test as Hypothesis;
  const difference = new StratifiedDifference(hypothesis.rate);
  const window = { from: new Date(since), to: now, periodSeconds };
  for (const each of await readStrata(home, hypothesis.metric, versions, window)) difference.add(each);
  return evaluateTest(hypothesis, difference.estimate());
}
