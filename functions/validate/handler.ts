import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { openHome } from '../../platform/home.ts';
import { processMessage } from './process-message.ts';

const opening = openHome('aws');
opening.catch(() => undefined);

/** Time that is kept for storing a verdict, or the reason why there is none: whoever is killed says nothing. */
const STORING_MS = 30_000;

/**
 * Processes a batch of "Object Created" events from the queue. Failed records are reported one by one, so that the others
 * are not validated twice; after the queue's retries they end in the dead-letter queue, and the reasons in the data store.
 */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(async (event, context) => {
  const home = await opening;
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const record of event.Records)
    try {
      await processMessage(home, record, context.getRemainingTimeInMillis() - STORING_MS);
    } catch (error) {
      const { name, message } = error as Error;
      const { messageId } = record;
      process.stdout.write(`${JSON.stringify({ level: 'error', message, error: name, messageId })}\n`);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  return { batchItemFailures };
});
