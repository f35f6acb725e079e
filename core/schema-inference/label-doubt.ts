import { shellWord } from '../errors/shell-word.ts';
import type { SpareColumn } from './infer.ts';
import { InferenceError } from './inference-error.ts';
import type { LabelGuess } from './label-column.ts';

/** How a graph does on a column that was taken for the ground truth. */
export interface LabelEvidence {
  /** Whether it is surely better on it than a constant answer. */
  readonly better: boolean;
  /** How it does beside the constant. */
  readonly said: string;
  /** Rivals of the column on which it is that as well, or that could not be tried. */
  readonly asGood: readonly string[];
}

/** Why a column that was taken for the ground truth may be something else; undefined where that is beyond doubt. */
export function labelDoubt({ label, why, rivals, outdone }: LabelGuess, evidence: LabelEvidence): string | undefined {
  const because = `${label} may be the ground truth (${why})`;
  if (outdone) return `${because}, but ${some(rivals)} the classes of the graph, and ${label} does not`;
  if (!evidence.better) return `${because}, but ${evidence.said}`;
  if (evidence.asGood.length > 0)
    return `${because}, but so may ${evidence.asGood.slice(0, MAX_NAMED).join(', ')}: the graph is worth more than a constant answer on either`;
  return undefined;
}

/**
 * What is asked where a doubtful label decided which columns are features: nobody would see one of them among the
 * labels, and the label among them.
 *
 * @param features those that were taken in the order of the file
 */
export function labelQuestion(
  { label, rivals }: LabelGuess,
  doubt: string,
  features: readonly string[],
): InferenceError {
  const likely = [label, ...rivals.filter((name) => name !== label)];
  const candidates = likely.slice(0, MAX_NAMED).map((name) => `--label ${shellWord(name)}`);
  const others = features.filter((name) => !likely.includes(name));
  const rest =
    others.length === 0
      ? ''
      : `, or --label with another of ${others.slice(0, MAX_NAMED).join(', ')}${others.length > MAX_NAMED ? ', …' : ''}`;
  return new InferenceError(
    `${doubt}. Whichever column is left out, the others are the features: say which is the ground truth with ${candidates.join(', or ')}${rest}; ` +
      'where none is, leave columns out with --ignore, or name the features in the order that the model was trained in with --features',
  );
}

/** What is said where nothing hangs on a doubtful label, which is then none. */
export const labelHint = ({ label }: LabelGuess, doubt: string): string =>
  `no column was taken for the ground truth: ${doubt}; if it is: --label ${shellWord(label)}`;

/** What is asked where columns that may be features were left out, and nothing shows that the others are those. */
export function spareQuestion(
  spare: readonly SpareColumn[],
  features: readonly string[],
  said: string,
): InferenceError {
  const [{ column }] = spare as readonly [SpareColumn];
  const named = spare.slice(0, MAX_NAMED).map((each) => `${each.column} (${each.why})`);
  return new InferenceError(
    `${named.join(', ')} may be ${spare.length === 1 ? 'a feature' : 'features'}, and then another column is none: without, the columns are as many as the graph takes, but ${said}. ` +
      `If the features are ${features.slice(0, 2 * MAX_NAMED).join(', ')}${features.length > 2 * MAX_NAMED ? ', …' : ''}: --ignore ${shellWord(column)}, or --id ${shellWord(column)} where it identifies a row; ` +
      'else name them in the order that the model was trained in with --features',
  );
}

/** Columns that a message names. */
const MAX_NAMED = 6;

const some = (names: readonly string[]): string =>
  `${names.slice(0, MAX_NAMED).join(', ')} ${names.length === 1 ? 'holds' : 'hold'}`;
