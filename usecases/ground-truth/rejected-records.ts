import type { JoinedRecord } from '../../core/quality/joined-record.ts';
import { isOutcome } from '../../core/serving/feedback-record.ts';
import type { Home } from '../../platform/ports.ts';
import type { HiddenTruths } from '../quality/version-rules.ts';
import type { FeedbackBatch, ReceivedRecord } from './feedback-batches.ts';

/** Where what is not joined of a model is kept. */
export const rejectedPrefix = (model: string): string => `quarantine/ground-truth/${model}/`;

/** A record that is not joined. */
export interface RejectedRecord {
  readonly record: ReceivedRecord;
  readonly reason: string;
}

/** What is not joined of a batch, beside its malformed lines. */
export interface RejectedRecords {
  readonly hidden: HiddenTruths;
  /** Records that do not go with their predictions. */
  readonly unfit: readonly RejectedRecord[];
  /** Records of hours that cannot be read. */
  readonly held: readonly { readonly joined: JoinedRecord; readonly reason: string }[];
  /** Records whose predictions were not found. */
  readonly givenUp: readonly RejectedRecord[];
}

/** Bytes of what is not joined that are kept of a model: anybody can send any number of them. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
export const NOT_KEPT = `counted only, for ${MAX_KEPT_BYTES / 1024 / 1024} MB of others are kept`;

/**
 * Keeps what cannot be joined of a batch, each with its reason, and nothing in it that any version of the model hides. Once
 * there is too much of it, only what is right and waits for an hour that cannot be read is kept.
 *
 * @returns whether all of it is kept
 */
export async function keepRejected(
  home: Home,
  batch: FeedbackBatch,
  { hidden, unfit, held, givenUp }: RejectedRecords,
): Promise<boolean> {
  if (unfit.length + held.length + batch.malformed.length + givenUp.length === 0) return true;
  const isFull = (await keptBytes(home, batch.model)) >= MAX_KEPT_BYTES;
  const rejected = [
    ...(isFull ? [] : batch.malformed).map(({ line, reason }) => (hidden.lines ? { reason } : { line, reason })),
    ...(isFull ? [] : unfit).map(({ record, reason }) => ({ ...feedbackForLog(record, hidden.truths), reason })),
    ...held.map(({ joined, reason }) => ({ ...heldForLog(joined), reason })),
    ...(isFull ? [] : givenUp).map(({ record, reason }) => ({ ...feedbackForLog(record, hidden.truths), reason })),
  ];
  if (rejected.length === 0) return !isFull;
  const lines = rejected.map((each) => `${JSON.stringify(each)}\n`).join('');
  const etag = batch.object.etag.replace(/\W/g, '');
  const part = batch.part === undefined ? '' : `-${batch.part.from}`;
  await home.data.put(`${rejectedPrefix(batch.model)}${batch.name}-${etag}${part}.jsonl`, lines);
  return !isFull;
}

async function keptBytes({ data }: Pick<Home, 'data'>, model: string): Promise<number> {
  let kept = 0;
  for await (const { bytes } of data.list(rejectedPrefix(model))) kept += bytes;
  return kept;
}

/** A record as it may be kept: what it was worth is no label. */
function feedbackForLog(record: ReceivedRecord, secret: boolean): object {
  if (isOutcome(record)) {
    const { received: _received, ...outcome } = record;
    return outcome;
  }
  return secret ? { id: record.id } : { id: record.id, truth: record.truth };
}

/** A record of an unreadable hour as it may be kept: where the label is personal its truth stays sealed. */
function heldForLog({ id, truth, sealed, subject, metric, value, observed }: JoinedRecord): object {
  if (metric !== undefined) return { id, metric, value, at: observed };
  return sealed === undefined ? { id, truth } : { id, sealed, subject };
}
