import type { TruthRecord } from './ground-truth.ts';
import { isInstant, NO_INSTANT, type OutcomeRecord, parseOutcome } from './outcome.ts';

/** What callers report about a prediction afterwards: its ground truth, or the value of a business metric. */
export type FeedbackRecord = TruthRecord | OutcomeRecord;

export const isOutcome = (record: FeedbackRecord): record is OutcomeRecord => 'metric' in record;

/** Identifies a record among those of all predictions; a record that came twice has the same key twice. */
export const recordKey = (record: FeedbackRecord): string =>
  isOutcome(record) ? `${record.id}\n${record.metric}\n${record.at ?? ''}` : record.id;

/** A parsed line of feedback, or the reason why it is none. */
export type FeedbackLine = { readonly record: FeedbackRecord } | { readonly fault: string };

/**
 * Parses a line of a file of ground truth: `{"id", "truth", "at"?}`, `{"id", "metric", "value", "at"?}`, or SageMaker Model
 * Monitor's `{"groundTruthData": {"data", "encoding"}, "eventMetadata": {"eventId"}, "eventVersion": "0"}`.
 */
export function parseFeedbackLine(line: string): FeedbackLine {
  let value: unknown;
  try {
    // The first line of a file may begin with a byte order mark.
    value = JSON.parse(line.replace(/^\ufeff/, ''));
  } catch {
    return { fault: 'not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { fault: 'not an object with id and truth' };
  if ('metric' in value) return parseOutcome(value as Record<string, unknown>);
  return parseTruth(value);
}

function parseTruth(value: object): FeedbackLine {
  const own = value as {
    id?: unknown;
    truth?: unknown;
    at?: unknown;
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
  if (own.at === undefined) return { record: { id, truth } };
  if (!isInstant(own.at)) return { fault: NO_INSTANT };
  return { record: { id, truth, at: own.at } };
}
