import { classNamed } from '../contract/cells/class-literal.ts';
import { canBeWrong, type Decision } from '../manifest/decision.ts';
import { type BinaryClasses, binaryClasses, decisionClasses } from '../manifest/decision-classes.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';

/** The ground truth of one prediction. */
export interface TruthRecord {
  /** Prediction id; `ID#r` for row r of a batch. */
  readonly id: string;
  readonly truth: string | number | boolean;
  /** When it became known, ISO 8601 in UTC; absent: when it arrived. */
  readonly at?: string;
}

/** A number as people write it: not `0x10`, which JavaScript reads as 16. */
const DECIMAL = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i;

/** A truth as a decision could have had it: positive or not, the index of a class, or a number. */
export type DecisionTruth = boolean | number;

/**
 * Reads a truth as the decision's own kind.
 *
 * @returns undefined when it is nothing that the decision could have been
 */
export function decisionTruth(
  decision: Decision,
  outputs: readonly OutputMeaning[],
  truth: TruthRecord['truth'],
): DecisionTruth | undefined {
  if (decision.task === 'regression') {
    const actual = typeof truth === 'string' && DECIMAL.test(truth) ? Number(truth) : truth;
    return typeof actual === 'number' && Number.isFinite(actual) ? actual : undefined;
  }
  if (decision.task === 'multiclass') {
    const classes = decisionClasses(decision, outputs);
    const named = classNamed(classes, truth);
    return named === undefined ? undefined : classes.indexOf(named);
  }
  return isPositive(binaryClasses(decision, outputs), truth);
}

/**
 * Whether a decision was wrong, by ground truth. One that gave no number is wrong whatever was true.
 *
 * @param score the decision's of that prediction (see ScoreReader); null when it was no number
 * @returns null of a regression without a tolerance, where nothing is right or wrong; undefined when the truth is
 * nothing that the decision could have been
 */
export function isWrong(
  decision: Decision,
  outputs: readonly OutputMeaning[],
  score: number | null,
  truth: TruthRecord['truth'],
): boolean | null | undefined {
  const actual = decisionTruth(decision, outputs, truth);
  if (actual === undefined) return undefined;
  if (!canBeWrong(decision)) return null;
  if (score === null) return true;
  if (decision.task === 'multiclass') return score !== actual;
  if (decision.task === 'binary') return score >= decision.threshold !== actual;
  return Math.abs(score - Number(actual)) > decision.tolerance!;
}

const NEGATIVE = '0';
const POSITIVE = '1';

/** Truth is a class's name where the manifest names the classes, else 1/0 or true/false. */
function isPositive({ names, positive }: BinaryClasses, truth: TruthRecord['truth']): boolean | undefined {
  const named = classNamed(names, truth);
  if (named !== undefined) return named === positive;
  const plain = classNamed([NEGATIVE, POSITIVE], truth);
  return plain === undefined ? undefined : plain === POSITIVE;
}
