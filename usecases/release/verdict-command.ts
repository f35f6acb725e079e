import type { Command } from '../../core/registry/commands.ts';
import type { Cause, Entry, ReleaseState } from '../../core/registry/ledger.ts';
import type { Judgement } from './judge-model.ts';

/** What is still so is said again after so long. */
export const AGAIN_MS = 24 * 3_600_000;

/** Verdicts in the order in which they are acted upon: what harms most comes first. */
const ORDER = ['take-back', 'ask-person', 'retrain', 'hold', 'advance'] as const;

/**
 * The registry's command for what the judge found: one, so that an answer is one write. Challengers that are worse go
 * together; of the rest, what matters most.
 *
 * @param cause the alarm that woke the judge
 */
export function commandOf(judged: readonly Judgement[], state: ReleaseState, cause?: Cause): Command | undefined {
  for (const action of ORDER) {
    const found = judged.filter(({ verdict }) => verdict.action === action);
    if (found.length === 0) continue;
    const command = commandFor(found, state, cause);
    if (command !== undefined) return command;
  }
  return undefined;
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
      return { type: 'advance', version, ...grounds };
    default:
      return undefined;
  }
}

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
