import { createHash } from 'node:crypto';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import type { FeedbackRecord } from '../../core/serving/feedback-record.ts';
import type { ObjectStore } from '../../platform/ports.ts';

/**
 * Stores ground truth, and what predictions were worth, for the join to find.
 *
 * @throws ProtocolError 503 when it cannot be stored: the caller is asked to send it again
 */
export async function storeFeedback(
  data: Pick<ObjectStore, 'put'>,
  model: string,
  records: readonly FeedbackRecord[],
): Promise<void> {
  const body = `${records.map((record) => JSON.stringify(record)).join('\n')}\n`;
  // Named by content: who was told nothing sends the same again, and it is the same object.
  const name = createHash('sha256').update(body).digest('hex').slice(0, 32);
  try {
    await data.put(`ground-truth/incoming/${model}/${name}.jsonl`, body, { contentType: 'application/x-ndjson' });
  } catch (cause) {
    throw new ProtocolError(503, 'the records cannot be stored now, send them again later', { cause });
  }
}
