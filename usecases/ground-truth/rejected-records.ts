import type { Contract } from '../../core/contract/contract.ts';
import { isPersonal, treatmentOf } from '../../core/contract/personal.ts';
import type { JoinedRecord } from '../../core/quality/joined-record.ts';
import { isOutcome } from '../../core/serving/feedback-record.ts';
import type { Home } from '../../platform/ports.ts';
import type { FeedbackBatch, ReceivedRecord } from './feedback-batches.ts';

/** A record that is not joined. */
export interface RejectedRecord {
  readonly record: ReceivedRecord;
  readonly reason: string;
}

/** What is not joined of a batch, beside its malformed lines. */
export interface RejectedRecords {
  /** Of the model as it is served; undefined of one that is not known. */
  readonly contract: Contract | undefined;
  /** Records that do not go with their predictions. */
  readonly unfit: readonly RejectedRecord[];
  /** Records of hours that cannot be read. */
  readonly held: readonly { readonly joined: JoinedRecord; readonly reason: string }[];
  /** Records whose predictions were not found. */
  readonly givenUp: readonly RejectedRecord[];
}

/** Keeps what cannot be joined of a batch, each with its reason, and nothing in it that the contract hides. */
export async function keepRejected(
  home: Home,
  batch: FeedbackBatch,
  { contract, unfit, held, givenUp }: RejectedRecords,
): Promise<void> {
  const secret = hidesTruth(contract);
  const rejected = [
    ...batch.malformed.map(({ line, reason }) => (contract && isPersonal(contract) ? { reason } : { line, reason })),
    ...unfit.map(({ record, reason }) => ({ ...feedbackForLog(record, secret), reason })),
    ...held.map(({ joined, reason }) => ({ ...heldForLog(joined), reason })),
    ...givenUp.map(({ record, reason }) => ({ ...feedbackForLog(record, secret), reason })),
  ];
  if (rejected.length === 0) return;
  const lines = rejected.map((each) => `${JSON.stringify(each)}\n`).join('');
  const etag = batch.object.etag.replace(/\W/g, '');
  const part = batch.part === undefined ? '' : `-${batch.part.from}`;
  await home.data.put(`quarantine/ground-truth/${batch.model}/${batch.name}-${etag}${part}.jsonl`, lines);
}

const hidesTruth = (contract: Contract | undefined): boolean =>
  contract?.data.label !== undefined && treatmentOf(contract, contract.data.label) !== 'no';

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
