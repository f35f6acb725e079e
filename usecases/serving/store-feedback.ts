import { createHash } from 'node:crypto';
import type { FeedbackRecord } from '../../core/serving/feedback-record.ts';
import type { ObjectStore } from '../../platform/ports.ts';

/** Records as they are stored, a line each, without line ends. */
export const feedbackLines = (records: readonly FeedbackRecord[]): string[] =>
  records.map((record) => JSON.stringify(record));

/** Stores ground truth, and what predictions were worth, for the join to find. @throws what the store does */
export const storeFeedback = (
  data: Pick<ObjectStore, 'put'>,
  model: string,
  records: readonly FeedbackRecord[],
): Promise<void> => storeLines(data, model, feedbackLines(records));

/** The same of records that are lines already. */
export async function storeLines(
  data: Pick<ObjectStore, 'put'>,
  model: string,
  lines: readonly string[],
): Promise<void> {
  const body = `${lines.join('\n')}\n`;
  // Named by content: who was told nothing sends the same again, and alone it is the same object.
  const name = createHash('sha256').update(body).digest('hex').slice(0, 32);
  await data.put(`ground-truth/incoming/${model}/${name}.jsonl`, body, { contentType: 'application/x-ndjson' });
}
