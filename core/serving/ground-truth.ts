import type { Decision, OutputMeaning } from '../manifest/manifest.ts';

/** The ground truth of one prediction. */
export interface TruthRecord {
  /** Prediction id; `ID#r` for row r of a batch. */
  readonly id: string;
  readonly truth: string | number | boolean;
}

/**
 * Compares a decision with its ground truth.
 *
 * @param score of the prediction, in the decision's output and column; null when it was no finite number
 * @returns whether the decision was wrong; undefined when the truth is none of the values that the decision can have
 */
export function isWrong(
  decision: Decision,
  outputs: readonly OutputMeaning[],
  score: number | null,
  truth: TruthRecord['truth'],
): boolean | undefined {
  if (decision.task === 'regression') {
    const actual = typeof truth === 'string' && truth.trim() !== '' ? Number(truth) : truth;
    if (typeof actual !== 'number' || !Number.isFinite(actual)) return undefined;
    // A prediction that is no number misses whatever was true.
    return score === null || Math.abs(score - actual) > decision.tolerance;
  }
  const positive = isPositive(decision.column, outputs.find(({ name }) => name === decision.output)?.classes, truth);
  if (positive === undefined) return undefined;
  return score === null || score >= decision.threshold !== positive;
}

/** Truth is a class's label where the manifest names the classes, else 1/0 or true/false. */
function isPositive(
  column: number,
  classes: readonly (string | number)[] | undefined,
  truth: TruthRecord['truth'],
): boolean | undefined {
  const text = String(truth);
  if (classes?.some((label) => String(label) === text)) return String(classes[column]) === text;
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  return undefined;
}
