import { canBeWrong, type Decision } from '../manifest/decision.ts';
import { classesOf } from '../manifest/decision-classes.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';
import { type FeedbackRecord, parseOutcome } from './outcome.ts';

/** What turned out to be true of one prediction. */
export interface TruthRecord {
  /** Prediction id; `ID#r` for row r of a batch. */
  readonly id: string;
  readonly truth: string | number | boolean;
}

/** A line of ground truth, or of what a prediction was worth; or why it is neither. */
export type TruthLine = { readonly record: FeedbackRecord } | { readonly fault: string };

/**
 * Reads a line of ground truth: `{"id", "truth"}`, `{"id", "metric", "value", "at"?}`, or SageMaker Model Monitor's
 * `{"groundTruthData": {"data", "encoding"}, "eventMetadata": {"eventId"}, "eventVersion": "0"}`.
 */
export function parseTruth(line: string): TruthLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { fault: 'not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { fault: 'not an object with id and truth' };
  if ('metric' in value) return parseOutcome(value as Record<string, unknown>);
  const own = value as {
    id?: unknown;
    truth?: unknown;
    groundTruthData?: { data?: unknown; encoding?: unknown };
    eventMetadata?: { eventId?: unknown };
  };
  const id = own.id ?? own.eventMetadata?.eventId;
  const truth = own.truth ?? own.groundTruthData?.data;
  if (typeof id !== 'string' || id === '') return { fault: 'id is not a string with characters in it' };
  if (own.groundTruthData && own.groundTruthData.encoding !== 'CSV' && own.groundTruthData.encoding !== 'JSON')
    return { fault: `encoding is ${JSON.stringify(own.groundTruthData.encoding)}, expected CSV or JSON` };
  if (typeof truth !== 'string' && typeof truth !== 'boolean' && !(typeof truth === 'number' && Number.isFinite(truth)))
    return { fault: 'truth is not a number, a string or a boolean' };
  return { record: { id, truth } };
}

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
    const actual = typeof truth === 'string' && truth.trim() !== '' ? Number(truth) : truth;
    return typeof actual === 'number' && Number.isFinite(actual) ? actual : undefined;
  }
  if (decision.task === 'multiclass') {
    const index = classesOf(decision, outputs).indexOf(String(truth));
    return index < 0 ? undefined : index;
  }
  return isPositive(decision.column, outputs.find(({ name }) => name === decision.output)?.classes, truth);
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
