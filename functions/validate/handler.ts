import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { ObjectCreated } from '../../events/schemas.ts';
import { openHome } from '../../platform/home.ts';
import { validateDrop } from './validate.ts';

const opening = openHome('aws');
opening.catch(() => undefined);

/**
 * Takes a queue's batch of "Object Created" events. A record that fails is reported alone, so that the others are not
 * judged twice; after the queue's retries it ends in the dead-letter queue.
 */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(async (event) => {
  const home = await opening;
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const { messageId, body } of event.Records)
    try {
      const { detail } = z.parse(ObjectCreated, JSON.parse(body));
      const { key, 'version-id': versionId } = detail.object;
      await validateDrop(home, { key, ...(versionId === undefined ? {} : { versionId }) });
    } catch (error) {
      const { name, message } = error as Error;
      process.stdout.write(`${JSON.stringify({ level: 'error', message, error: name, messageId })}\n`);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  return { batchItemFailures };
});
