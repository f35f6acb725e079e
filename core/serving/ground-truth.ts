import type { Decision, OutputMeaning } from '../manifest/manifest.ts';
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

/**
 * Whether a decision was wrong, by ground truth.
 *
 * @param score the decision's output of that prediction; null when it was no number
 * @returns undefined when the truth is nothing that the decision could have been
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
