import type { FieldOf, LabelKeys } from '../../core/contract/personal.ts';
import { type JoinedRecord, sealedField } from '../../core/quality/joined-record.ts';
import type { FeedbackRecord } from '../../core/serving/feedback-record.ts';
import { PlatformError } from '../../platform/errors.ts';
import type { JoinedRow } from './tally-rows.ts';

/** What a sealed truth is opened with. */
export interface TruthKey {
  readonly model: string;
  /** The label's column, where it is personal. */
  readonly label: string | undefined;
  readonly keys: LabelKeys | undefined;
}

/** A sealed truth does not open: it was sealed under another labels secret, or for somebody else. */
export class ForeignTruthError extends PlatformError {
  override readonly name = 'ForeignTruthError';
}

/**
 * A stored record as rows are counted by.
 *
 * @throws ForeignTruthError when its truth was sealed under another secret
 */
export function openRecord(record: JoinedRecord, key: TruthKey): JoinedRow {
  const { at, version, variant, score, probabilities, features, unit, digest, revision, named, failed } = record;
  return {
    feedback: feedbackOf(record, key),
    at,
    version,
    variant,
    score,
    features,
    ...(probabilities === undefined ? {} : { probabilities }),
    ...(unit === undefined ? {} : { unit }),
    ...(digest === undefined ? {} : { digest }),
    ...(revision === undefined ? {} : { revision }),
    ...(named === undefined ? {} : { named }),
    ...(failed === undefined ? {} : { failed }),
  };
}

function feedbackOf(record: JoinedRecord, { model, label = 'label', keys }: TruthKey): FeedbackRecord {
  const { id, metric, value = Number.NaN, observed, sealed, subject } = record;
  if (metric !== undefined) return { id, metric, value, ...(observed === undefined ? {} : { at: observed }) };
  if (sealed === undefined) return { id, truth: record.truth! };
  if (keys === undefined) throw new Error(`the truth of ${id} is sealed, and there are no keys to open it`);
  const field = sealedField(label, subject);
  return { id, truth: JSON.parse(opened(keys, { owner: model, field }, sealed, id)) as string | number | boolean };
}

function opened(keys: LabelKeys, of: FieldOf, sealed: string, id: string): string {
  try {
    return keys.open(of, sealed);
  } catch (cause) {
    throw new ForeignTruthError(`the truth of ${id} does not open under this labels secret`, { cause });
  }
}

/** Encrypts a truth, so that {@link openRecord} opens it. */
export const sealTruth = (
  { model, label = 'label', keys }: TruthKey,
  subject: string | undefined,
  truth: string | number | boolean,
): string => keys!.seal({ owner: model, field: sealedField(label, subject) }, JSON.stringify(truth));
