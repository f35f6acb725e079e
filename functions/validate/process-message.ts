import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { ObjectCreated } from '../../events/schemas.ts';
import { type DeadLetter, deadLetterKey, reasonOf, storeDeadLetter } from '../../platform/dead-letters.ts';
import type { Home } from '../../platform/ports.ts';
import { type Drop, validateDrop } from '../../usecases/validation/validate-drop.ts';
import { MAX_RECEIVE_COUNT, validate } from './trigger.ts';

export type Message = Pick<SQSRecord, 'messageId' | 'body'> & {
  readonly attributes: Pick<SQSRecord['attributes'], 'ApproximateReceiveCount'>;
};

/**
 * Validates the file that a message of the queue names. Every failed attempt stores a dead letter with the reason, because
 * the queue keeps none, and may give up without another attempt when the function cannot be called in time. The last
 * attempt stores one before it starts as well: a function that is killed, for its time limit or its memory, cannot do so
 * afterwards. An attempt that succeeds deletes the letter.
 *
 * @param timeMs time until the file must be judged, milliseconds
 * @throws the error of the validation
 */
export async function processMessage(
  home: Home,
  { messageId, body, attributes }: Message,
  timeMs?: number,
): Promise<void> {
  const attempts = Number(attributes.ApproximateReceiveCount);
  const letter = { function: validate.name, id: messageId, attempts, event: eventOf(body) };
  const last = attempts >= MAX_RECEIVE_COUNT;
  if (last) await keep(home, { ...letter, reason: 'the function was killed, at its time-out or for its memory' });
  try {
    const drop = dropOf(z.parse(ObjectCreated, letter.event));
    await validateDrop(home, drop, timeMs === undefined ? {} : { timeMs });
  } catch (error) {
    await keep(home, { ...letter, reason: reasonOf(error) });
    throw error;
  }
  if (attempts > 1) await home.data.delete(deadLetterKey(letter));
}

/** The write that an event is about: by its version, or by its content where the store keeps no versions. */
export function dropOf({ detail }: ObjectCreated): Drop {
  const { key, size, etag, 'version-id': version } = detail.object;
  const versionId = version ?? (etag === undefined ? undefined : `"${etag}"`);
  return { key, ...(size === undefined ? {} : { bytes: size }), ...(versionId === undefined ? {} : { versionId }) };
}

/** Stores a dead letter. A failure of the store must neither prevent the validation nor hide its error. */
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
