import type { Question } from '../../core/judge/asked.ts';
import { CAUSES } from '../../core/judge/causes.ts';
import type { CauseOfHarm } from '../../core/judge/verdict.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Judgement } from './judge-model.ts';

/** A rollback that is not seen for so long needs somebody; endpoints follow within seconds. */
const UNSEEN_MS = 600_000;

/** What a look at a model came to. */
export interface Look {
  /** What the judge found; empty where it was not asked. */
  readonly judged: readonly Judgement[];
  /** Revision that was judged. */
  readonly revision: number;
  /** What is waited for where nothing was done. */
  readonly waiting?: string | undefined;
}

/** What tells a hold of one release from others. @param since when the traffic last changed hands */
export const holdKey = (cause: CauseOfHarm | null, since: string | null): string => `${cause} since ${since}`;

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
      const asks = challenger === undefined ? holdKey('unclear', state.since) : `${cause}:${version}`;
      questions.push({ ...question(cause, version, asks), reason });
    }
    const key = holdKey(cause, state.since);
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
  if (retraining !== null)
    questions.push({
      ...question('drift', null, 'drift'),
      reason: `retraining has been asked for since ${retraining}, and no version was registered`,
    });
  return questions;
}

const question = (cause: CauseOfHarm, version: number | null, key: string): Omit<Question, 'reason'> => ({
  key,
  cause,
  version,
  about: [],
  asks: CAUSES[cause].asks,
  runbook: CAUSES[cause].runbook,
});
