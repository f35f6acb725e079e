import type { Question } from '../../core/judge/asked.ts';
import { CAUSES } from '../../core/judge/causes.ts';
import type { CauseOfHarm } from '../../core/judge/verdict.ts';
import { isQuarantined } from '../../core/registry/guards.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Judgement } from './judge-model.ts';

/** A rollback that is not seen for so long needs somebody; endpoints follow within seconds. */
const UNSEEN_MS = 600_000;
const RELEASE_IT = 'release the version, or register another one';

/** What a look at a model came to. */
export interface Look {
  /** What the judge found; empty where it was not asked. */
  readonly judged: readonly Judgement[];
  /** Revision that was judged. */
  readonly revision: number;
  /** What is waited for where nothing was done. */
  readonly waiting?: string | undefined;
  /** The version that was registered since retraining was asked for. */
  readonly retrained?: number | undefined;
  /** Whether what retraining was asked for is over. @default false */
  readonly driftIsOver?: boolean;
}

/** What tells a hold of one champion from others; who has traffic beside it makes no difference. */
export const holdKey = (cause: CauseOfHarm | null, champion: number | null): string => `${cause} of ${champion}`;

/** What a person is asked about a model, after a look at it. @param state the release after the look */
export function questionsOf(look: Look, state: ReleaseState, now: Date): Question[] {
  const { awaiting, retraining } = state;
  const questions: Question[] = [];
  if (awaiting !== null && now.getTime() - Date.parse(awaiting.since) >= UNSEEN_MS)
    questions.push({
      ...question('infrastructure', awaiting.target, 'rollback-unseen'),
      reason: `the rollback to version ${awaiting.target} of ${awaiting.since} has not been seen at the endpoint`,
      asks: 'see why the endpoint does not follow the ledger',
      runbook: 'rollback-unseen.md',
    });
  for (const { verdict, challenger } of look.judged) {
    const { action, cause, version, reason, about } = verdict;
    if (action === 'ask-person' && cause !== null) {
      // Of a champion it is a hold; of a challenger, its step waits.
      const asks = challenger === undefined ? holdKey('unclear', state.champion) : `${cause}:${version}`;
      questions.push({ ...question(cause, version, asks), reason });
    }
    const key = holdKey(cause, state.champion);
    if (action === 'hold' && cause !== null && !questions.some((each) => each.key === key))
      questions.push({ ...question(cause, challenger === undefined ? version : null, key), about, reason });
    // What is taken back needs nobody; what should be and is not, does.
    if (action === 'take-back' && look.revision === state.revision)
      questions.push({
        ...question('model', version, `model:${version}`),
        reason: `${reason}; it was not taken back: ${look.waiting ?? 'nothing was done'}`,
      });
  }
  const [worse] = look.judged.filter(({ verdict }) => verdict.action === 'retrain');
  if (retraining === null && worse !== undefined && look.revision === state.revision)
    questions.push({ ...question('drift', null, 'drift'), reason: worse.verdict.reason });
  if (retraining !== null && look.driftIsOver !== true)
    questions.push(...retrainingQuestion(retraining, look.retrained, state));
  return questions;
}

/** What is left to do about retraining: nothing while what was registered for it is tried out. */
function retrainingQuestion(since: string, retrained: number | undefined, state: ReleaseState): Question[] {
  const asked = `retraining has been asked for since ${since}, and`;
  if (retrained === undefined)
    return [{ ...question('drift', null, 'drift'), reason: `${asked} no version was registered` }];
  if (state.shadow?.version === retrained || state.challengers.some(({ version }) => version === retrained)) return [];
  const drift = question('drift', retrained, 'drift');
  if (isQuarantined(state, retrained) || state.rejected.includes(retrained))
    return [{ ...drift, reason: `${asked} version ${retrained}, registered since, may not be released` }];
  return [
    { ...drift, reason: `${asked} version ${retrained}, registered since, waits to be released`, asks: RELEASE_IT },
  ];
}

const question = (cause: CauseOfHarm, version: number | null, key: string): Omit<Question, 'reason'> => ({
  key,
  cause,
  version,
  about: [],
  asks: CAUSES[cause].asks,
  runbook: CAUSES[cause].runbook,
});
