import type { AskedQuestion } from '../../core/judge/asked.ts';
import { JudgeVerdict } from '../../core/judge/verdict.ts';
import type { Command } from '../../core/registry/commands.ts';
import type { Cause, Challenger, Entry, ReleaseState } from '../../core/registry/ledger.ts';
import type { Judgement } from './judge-model.ts';
import { holdKey } from './questions.ts';

/** What was not so for this long is said when it is so again. */
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
    // Where the champion goes back, its challengers end with it.
    const champion = found.filter(({ challenger }) => challenger === undefined);
    const challengers = found.filter(({ challenger }) => challenger !== undefined);
    const together = [champion, challengers].filter(({ length }) => length > 0);
    const groups = action === 'take-back' ? together : found.map((each) => [each]);
    return groups.flatMap((group) => commandFor(group, state, cause) ?? []);
  });
}

function commandFor(found: readonly Judgement[], state: ReleaseState, cause: Cause | undefined): Command | undefined {
  const [{ verdict, challenger }] = found as [Judgement];
  const { reason, version } = verdict;
  const grounds = { reason, evidence: verdict, ...(cause === undefined ? {} : { cause }) };
  switch (verdict.action) {
    case 'take-back':
      if (challenger === undefined)
        return { type: 'roll-back', quarantine: true, ...grounds, reason: `${reason}${endedWith(state)}` };
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

/** What becomes of the challengers of a champion that goes back: what they were held against is gone. */
const endedWith = ({ challengers }: ReleaseState): string =>
  challengers.length === 0
    ? ''
    : `; version ${challengers.map(({ version }) => version).join(', ')} was held against it, ends with it and may be released again`;

/** What becomes of the question that a person was asked. */
const answered = (challenger: Challenger | undefined): string =>
  challenger?.waiting === undefined
    ? ''
    : `; evidence has answered what a person was asked at ${challenger.waiting.slice(0, 16)}Z`;

/**
 * Whether a command says something that the ledger does not say already of this champion: what is still so is not said
 * again, nor what comes and goes, nor numbers that have changed.
 *
 * @param entries of the last {@link AGAIN_MS} at least
 * @param asked what a person is asked about the model, which knows how long something has lasted
 */
export function saysNew(
  command: Command,
  entries: readonly Entry[],
  now: Date,
  asked: readonly AskedQuestion[] = [],
): boolean {
  if (command.type !== 'hold') return true;
  const { champion } = entries.at(-1)!.state;
  const kind = `${command.because}-held`;
  const said = entries.filter((entry) => entry.kind === kind && entry.state.champion === champion);
  const isRecent = (at: string): boolean => now.getTime() - Date.parse(at) <= AGAIN_MS;
  // Its entry may be older than those that are read.
  const lasting = asked.filter(
    (each) =>
      each.key === holdKey(command.because, champion) && !isRecent(each.since) && isRecent(each.settled ?? each.seen),
  );
  if (!said.some(({ at }) => isRecent(at)) && lasting.length === 0) return true;
  const known = new Set([
    ...said.flatMap(({ evidence }) => aboutOf(evidence)),
    ...lasting.flatMap(({ about }) => about),
  ]);
  return aboutOf(command.evidence).some((each) => !known.has(each));
}

/** What an entry's evidence is about. */
function aboutOf(evidence: unknown): readonly string[] {
  const found = JudgeVerdict.pick({ about: true }).loose().safeParse(evidence);
  return found.success ? (found.data.about ?? []) : [];
}
