import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { openHome } from '../../platform/home.ts';
import { processMessage } from './process-message.ts';

const opening = openHome('aws');
opening.catch(() => undefined);

/**
 * Takes a queue's batch of "Object Created" events. A record that fails is reported alone, so that the others are not
 * judged twice; after the queue's retries it ends in the dead-letter queue, and its reason beside the data.
 */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(async (event) => {
  const home = await opening;
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const record of event.Records)
    try {
      await processMessage(home, record);
    } catch (error) {
      const { name, message } = error as Error;
      const { messageId } = record;
      process.stdout.write(`${JSON.stringify({ level: 'error', message, error: name, messageId })}\n`);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  return { batchItemFailures };
});
