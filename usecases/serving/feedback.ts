import type { TruthQuota } from '../../core/guards/truth-quota.ts';
import type { Bookkeeping } from '../../core/observability/bookkeeping.ts';
import { type Operation, ProtocolError } from '../../core/protocols/protocol.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import { outcomeFault } from '../../core/serving/outcome.ts';
import { unreadableTruth } from '../../core/serving/truth-fault.ts';
import type { ServedModel } from './served-model.ts';
import type { TruthStore } from './truth-store.ts';

/** Where feedback goes. */
export interface FeedbackPorts {
  readonly store: TruthStore;
  readonly quota: TruthQuota;
  readonly bookkeeping: Bookkeeping;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Stores what a caller reports about earlier predictions: their ground truth, and values of business metrics.
 *
 * @throws ProtocolError 400 for outcomes that the model does not take, 429 beyond what a caller may send, 503 when they
 * cannot be stored
 */
export async function feedback(
  model: ServedModel,
  operation: Extract<Operation, { kind: 'feedback' }>,
  request: HttpRequest,
  { store, quota, bookkeeping, now }: FeedbackPorts,
): Promise<HttpResponse> {
  const { truths, outcomes = [], encode } = operation.decode(request);
  for (const outcome of outcomes) {
    const fault = outcomeFault(model.business, outcome);
    if (fault !== undefined) throw new ProtocolError(400, fault);
  }
  const records = [...truths, ...outcomes];
  if (records.length > 0) {
    try {
      quota.take(request.caller ?? 'unknown', { bytes: request.body.length, records: records.length }, now);
    } catch (error) {
      bookkeeping.refused('truths', 'quota');
      throw error;
    }
    await store.store(model.name, records);
  }
  // They are stored all the same: the version that made the prediction may be one that is served no more.
  const unreadable = truths.flatMap(({ truth }, record) => {
    const reason = unreadableTruth(model.truthReaders, truth);
    return reason === undefined ? [] : [{ record, reason }];
  });
  return encode(unreadable);
}
