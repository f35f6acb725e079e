import type { Challenger } from '../../core/registry/ledger.ts';
import type { Judgement } from './judge-model.ts';

/** The last step of a canary would end an A/B test beside it: it waits until that is decided. */
export const withoutBlockedSteps =
  (challengers: readonly Challenger[]) =>
  (judgement: Judgement): Judgement => {
    const { challenger, verdict } = judgement;
    const tested = challengers.find(({ test }) => test !== undefined);
    if (challenger === undefined || tested === undefined || verdict.action !== 'advance') return judgement;
    if (challenger.steps[challenger.step + 1] !== 1) return judgement;
    const reason = `the last step would end the A/B test of version ${tested.version}`;
    return { challenger, verdict: { ...verdict, action: 'wait', reason } };
  };
