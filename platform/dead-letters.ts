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

export async function storeDeadLetter(store: Pick<ObjectStore, 'put'>, letter: DeadLetter): Promise<void> {
  await store.put(deadLetterKey(letter), JSON.stringify(letter, null, 2), { contentType: 'application/json' });
}

export const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
