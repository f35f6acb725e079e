import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { openHome } from '../../platform/home.ts';
import { processMessage } from './process-message.ts';

const opening = openHome('aws');
opening.catch(() => undefined);

/** Share of the time in which a file has to be judged. The rest is for storing the verdict, or why there is none: who is killed says nothing. */
const JUDGING = 0.9;

/**
 * Processes a batch of "Object Created" events from the queue. Failed records are reported one by one, so that the others
 * are not validated twice; after the queue's retries they end in the dead-letter queue, and the reasons in the data store.
 */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(async (event, context) => {
  const home = await opening;
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const record of event.Records)
    try {
      await processMessage(home, record, JUDGING * context.getRemainingTimeInMillis());
    } catch (error) {
      const { name, message } = error as Error;
      const { messageId } = record;
      process.stdout.write(`${JSON.stringify({ level: 'error', message, error: name, messageId })}\n`);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  return { batchItemFailures };
});
