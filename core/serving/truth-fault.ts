import type { Decision } from '../manifest/decision.ts';
import { binaryClasses, decisionClasses } from '../manifest/decision-classes.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';
import { decisionTruth, type TruthRecord } from './ground-truth.ts';

/** What reads truths: a version's decision, and the names that its outputs have for classes. */
export interface TruthReader {
  readonly decision: Decision;
  readonly outputs: readonly OutputMeaning[];
}

/** Classes that a message names at most. */
const MAX_NAMED = 20;
/** Characters of a truth that a message shows. */
const MAX_SHOWN = 60;

/**
 * The reason why a truth is none for any of some decisions, in the words of the first of them.
 *
 * @returns undefined when one of them can read it, or there is none
 */
export function unreadableTruth(readers: readonly TruthReader[], truth: TruthRecord['truth']): string | undefined {
  const [first] = readers;
  const isRead = readers.some(({ decision, outputs }) => decisionTruth(decision, outputs, truth) !== undefined);
  return first === undefined || isRead ? undefined : truthFault(first, truth);
}

/**
 * Why a truth is nothing that a decision could be, and what it could be.
 *
 * @param truth undefined where it must not be told
 */
export function truthFault({ decision, outputs }: TruthReader, truth: TruthRecord['truth'] | undefined): string {
  const what = truth === undefined ? 'the truth' : `truth ${shown(truth)}`;
  if (decision.task === 'regression') return `${what} is no number, as the decision's are`;
  const classes =
    decision.task === 'multiclass' ? decisionClasses(decision, outputs) : binaryClasses(decision, outputs).names;
  if (classes.length === 0) return `${what} is nothing that the decision could be, expected 1, 0, true or false`;
  const more = classes.length > MAX_NAMED ? `, and ${classes.length - MAX_NAMED} more` : '';
  return `${what} is no class of the decision, expected ${classes.slice(0, MAX_NAMED).join(', ')}${more}`;
}

function shown(truth: TruthRecord['truth']): string {
  const text = JSON.stringify(truth);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
