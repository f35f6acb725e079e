import { type Operation, ProtocolError } from '../../core/protocols/protocol.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import { outcomeFault } from '../../core/serving/outcome.ts';
import { unreadableTruth } from '../../core/serving/truth-fault.ts';
import type { Home } from '../../platform/ports.ts';
import type { ErrorLogger } from './error-log.ts';
import type { ServedModel } from './served-model.ts';
import { storeFeedback } from './store-feedback.ts';

/** Where feedback goes. */
export interface FeedbackPorts {
  readonly home: Pick<Home, 'data'>;
  readonly complain: ErrorLogger;
}

/**
 * Stores what a caller reports about earlier predictions: their ground truth, and values of business metrics.
 *
 * @throws ProtocolError 400 for outcomes that the model does not take, 503 when they cannot be stored
 */
export async function feedback(
  model: ServedModel,
  operation: Extract<Operation, { kind: 'feedback' }>,
  request: HttpRequest,
  { home, complain }: FeedbackPorts,
): Promise<HttpResponse> {
  const { truths, outcomes = [], encode } = operation.decode(request);
  for (const outcome of outcomes) {
    const fault = outcomeFault(model.business, outcome);
    if (fault !== undefined) throw new ProtocolError(400, fault);
  }
  const records = [...truths, ...outcomes];
  try {
    if (records.length > 0) await storeFeedback(home.data, model.name, records);
  } catch (error) {
    if (error instanceof ProtocolError && error.status === 503 && error.cause !== undefined)
      complain('ground truth cannot be stored', error.cause);
    throw error;
  }
  // They are stored all the same: the version that made the prediction may be one that is served no more.
  const unreadable = truths.flatMap(({ truth }, record) => {
    const reason = unreadableTruth(model.truthReaders, truth);
    return reason === undefined ? [] : [{ record, reason }];
  });
  return encode(unreadable);
}
