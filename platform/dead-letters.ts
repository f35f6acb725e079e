import { digestOf } from './digest.ts';
import type { ObjectStore } from './ports.ts';

/** What could not be processed, kept where somebody can find it, with the reason. */
export interface DeadLetter {
  readonly function: string;
  /** Of the message or the event: what leads from here to the dead-letter queue and back. */
  readonly id: string;
  /** How often it was tried. */
  readonly attempts: number;
  readonly reason: string;
  readonly event: unknown;
}

/** `dead-letter/<function>/<id>.json` of the data store. */
export const deadLetterKey = ({ function: name, id }: Pick<DeadLetter, 'function' | 'id'>): string =>
  `dead-letter/${name}/${id}.json`;

/** Characters of a key in the name of its dead letter. */
const MAX_NAME = 100;

/** Names the dead letter of an object that no message tells of: readable, of any file system, and another one for every key. */
export const objectLetterId = (key: string): string =>
  `${key.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, MAX_NAME)}-${digestOf(key).slice(0, 12)}`;

export async function storeDeadLetter(store: Pick<ObjectStore, 'put'>, letter: DeadLetter): Promise<void> {
  await store.put(deadLetterKey(letter), JSON.stringify(letter, null, 2), { contentType: 'application/json' });
}

export const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
