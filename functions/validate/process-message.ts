import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { ObjectCreated } from '../../events/schemas.ts';
import { type DeadLetter, deadLetterKey, reasonOf, storeDeadLetter } from '../../platform/dead-letters.ts';
import type { Home } from '../../platform/ports.ts';
import { type Drop, validateDrop } from '../../usecases/validation/validate-drop.ts';
import { ATTEMPTS, validate } from './trigger.ts';

export type Message = Pick<SQSRecord, 'messageId' | 'body'> & {
  readonly attributes: Pick<SQSRecord['attributes'], 'ApproximateReceiveCount'>;
};

/**
 * Judges the drop that a message of the queue tells of. A try that fails leaves a dead letter with the reason: the
 * queue moves the message away, but keeps no reason, and it may do so without another try, when the function cannot be
 * had in time. The last try writes one before the work, too, for a function that is killed, at its time-out or for its
 * memory, writes nothing afterwards. A try that succeeds takes the letter away.
 *
 * @throws whatever keeps the drop from being judged
 */
export async function processMessage(home: Home, { messageId, body, attributes }: Message): Promise<void> {
  const attempts = Number(attributes.ApproximateReceiveCount);
  const letter = { function: validate.name, id: messageId, attempts, event: eventOf(body) };
  const last = attempts >= ATTEMPTS;
  if (last) await keep(home, { ...letter, reason: 'the function was killed, at its time-out or for its memory' });
  try {
    await validateDrop(home, dropOf(z.parse(ObjectCreated, letter.event)));
  } catch (error) {
    await keep(home, { ...letter, reason: reasonOf(error) });
    throw error;
  }
  if (attempts > 1) await home.data.delete(deadLetterKey(letter));
}

/** The very write that an event tells of: by its version, or by its content where the store keeps no versions. */
export function dropOf({ detail }: ObjectCreated): Drop {
  const { key, size, etag, 'version-id': version } = detail.object;
  const versionId = version ?? (etag === undefined ? undefined : `"${etag}"`);
  return { key, ...(size === undefined ? {} : { bytes: size }), ...(versionId === undefined ? {} : { versionId }) };
}

/** A store that fails must not keep the drop from being judged, nor hide why it was not. */
async function keep(home: Home, letter: DeadLetter): Promise<void> {
  await storeDeadLetter(home.data, letter).catch((error: unknown) =>
    process.emitWarning(`the dead letter ${letter.id} cannot be kept: ${reasonOf(error)}`),
  );
}

function eventOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
