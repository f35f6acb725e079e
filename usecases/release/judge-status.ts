import { freezeAt } from '../../core/registry/freeze.ts';
import { loadedRoutes } from '../../core/serving/route.ts';
import type { Home } from '../../platform/ports.ts';
import { alarmsUp } from './alarms-up.ts';
import { withoutBlockedSteps } from './blocked-steps.ts';
import { judgeModel } from './judge-model.ts';
import type { AutomationStatus, JudgeStatus } from './judge-status-view.ts';
import { latestReplays } from './latest-replays.ts';
import { intentionOf, type Review } from './restraint.ts';
import { commandsOf } from './verdict-command.ts';

/** Judges as the scheduled run does, and decides nothing. */
export async function judgeStatusOf(home: Home, review: Review): Promise<JudgeStatus> {
  const { model, now, state } = review;
  const { up, evaluated, baselineErrorRate } = await alarmsUp(home, review);
  const [judgements, replays] = await Promise.all([
    judgeModel(home, { ...review, up, evaluated, baselineErrorRate }),
    latestReplays(home, model, state),
  ]);
  const judged = judgements.map(withoutBlockedSteps(state.challengers));
  const intentions = await Promise.all(
    commandsOf(judged, state).map((command) => intentionOf(home, command, { model, now, state })),
  );
  const first = intentions.find((each) => each !== undefined);
  return {
    verdicts: judged.map(({ verdict }) => verdict),
    alarms: up.map(({ name }) => name).sort(),
    would: first?.would ?? null,
    withheld: first?.restraint?.sentence ?? null,
    replays,
  };
}

/** Reads the ledger alone. */
export async function automationStatusOf(
  { ledger }: Pick<Home, 'ledger'>,
  { model, now, state }: Review,
): Promise<AutomationStatus> {
  const versions = loadedRoutes(state).map(({ version }) => version);
  const records = await Promise.all(versions.map((version) => ledger.version(model, version)));
  return {
    frozen: freezeAt(state.frozen, now) ?? null,
    advises: versions.filter((_, i) => records[i]?.manifest.rollout.mode === 'advise'),
  };
}
