import { deadLetterKey, reasonOf, storeDeadLetter } from '../platform/dead-letters.ts';
import type { ObjectStore } from '../platform/ports.ts';

/** An event on its way to a function. */
export interface Delivery<E, R> {
  /** Store that dead letters are kept in. */
  readonly store: ObjectStore;
  readonly function: { readonly name: string; readonly run: (event: E) => Promise<R> };
  /** Names the event among the dead letters of the function. */
  readonly id: string;
  readonly event: E;
  /** Calls in all before the event becomes a dead letter. @default 3 */
  readonly attempts?: number;
  /** Wait before the second call, doubled before each further one. @default 200 */
  readonly backoffMs?: number;
  /** Told of every call that failed. */
  readonly failed?: (reason: string, attempt: number) => void;
}

/** What the function returned, or that the event became a dead letter. */
export type Delivered<R> = { readonly delivered: true; readonly result: R } | { readonly delivered: false };

/**
 * Calls a function with an event as a queue would: again when it fails, and so that nothing is lost, the event of the
 * last failed call is stored with the reason as `dead-letter/<function>/<id>.json`. A call that succeeds takes back the
 * letter of an earlier time.
 */
export async function deliver<E, R>(delivery: Delivery<E, R>): Promise<Delivered<R>> {
  const { store, function: fn, id, event, attempts = 3, backoffMs = 200, failed } = delivery;
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await fn.run(event);
      await store.delete(deadLetterKey({ function: fn.name, id }));
      return { delivered: true, result };
    } catch (error) {
      const reason = reasonOf(error);
      failed?.(reason, attempt);
      if (attempt >= attempts) {
        await storeDeadLetter(store, { function: fn.name, id, attempts, reason, event });
        return { delivered: false };
      }
      await new Promise((resolve) => setTimeout(resolve, backoffMs * 2 ** (attempt - 1)));
    }
  }
}
