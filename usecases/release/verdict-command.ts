import type { Command } from '../../core/registry/commands.ts';
import type { Cause, Challenger, Entry, ReleaseState } from '../../core/registry/ledger.ts';
import type { Judgement } from './judge-model.ts';

/** What is still so is said again after so long. */
export const AGAIN_MS = 24 * 3_600_000;

/** Verdicts in the order in which they are acted upon: what harms most comes first. */
const ORDER = ['take-back', 'ask-person', 'retrain', 'hold', 'advance'] as const;

/**
 * The registry's commands for what the judge found, what matters most first. One is carried out at a time, so that an
 * answer is one write. Challengers that are worse go together.
 *
 * @param cause the alarm that woke the judge
 */
export function commandsOf(judged: readonly Judgement[], state: ReleaseState, cause?: Cause): Command[] {
  return ORDER.flatMap((action) => {
    const found = judged.filter(({ verdict }) => verdict.action === action);
    if (found.length === 0) return [];
    const groups = action === 'take-back' ? [found] : found.map((each) => [each]);
    return groups.flatMap((group) => commandFor(group, state, cause) ?? []);
  });
}

function commandFor(found: readonly Judgement[], state: ReleaseState, cause: Cause | undefined): Command | undefined {
  const [{ verdict, challenger }] = found as [Judgement];
  const { reason, version } = verdict;
  const grounds = { reason, evidence: verdict, ...(cause === undefined ? {} : { cause }) };
  switch (verdict.action) {
    case 'take-back':
      if (challenger === undefined) return { type: 'roll-back', quarantine: true, ...grounds };
      return {
        type: 'abort-canary',
        versions: found.map((each) => each.verdict.version),
        quarantine: true,
        ...grounds,
        reason: found.map((each) => each.verdict.reason).join('; '),
      };
    case 'ask-person':
      // Once a step: the ledger is no log.
      if (challenger !== undefined)
        return challenger.waiting === undefined ? { type: 'wait', version, ...grounds } : undefined;
      return { type: 'hold', because: 'unclear', version, ...grounds };
    case 'retrain':
      return state.retraining === null ? { type: 'request-retraining', ...grounds } : undefined;
    case 'hold':
      return { type: 'hold', because: verdict.cause === 'data' ? 'data' : 'infrastructure', version, ...grounds };
    case 'advance':
      return { type: 'advance', version, ...grounds, reason: `${reason}${answered(challenger)}` };
    default:
      return undefined;
  }
}

/** What becomes of the question that a person was asked. */
const answered = (challenger: Challenger | undefined): string =>
  challenger?.waiting === undefined
    ? ''
    : `; evidence has answered what a person was asked at ${challenger.waiting.slice(0, 16)}Z`;

/**
 * Whether a command says something that the ledger does not say already of this release.
 *
 * @param entries of the last {@link AGAIN_MS} at least
 */
export function saysNew(command: Command, entries: readonly Entry[], now: Date): boolean {
  if (command.type !== 'hold') return true;
  const same = entries.findLast(({ kind }) => kind === `${command.because}-held`);
  if (same === undefined) return true;
  const { since } = entries.at(-1)!.state;
  return same.at < (since ?? '') || now.getTime() - Date.parse(same.at) > AGAIN_MS;
}
