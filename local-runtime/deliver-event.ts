import { reasonOf, storeDeadLetter } from '../platform/dead-letters.ts';
import type { ObjectStore } from '../platform/ports.ts';

export interface DeliveryOptions {
  /** How often it is tried in all. */
  readonly attempts?: number;
  /** Wait before the second try, doubled before each further one. */
  readonly backoffMs?: number;
}

/**
 * Delivers an event to a function as a queue would: tried again when it fails, and kept as a dead letter under
 * `dead-letter/<function>/<id>.json` with its reason when it fails for good, so that nothing is lost.
 *
 * @returns what the function gave, or undefined when the event became a dead letter
 */
export async function deliver<E, R>(
  store: ObjectStore,
  to: { readonly name: string; readonly run: (event: E) => Promise<R> },
  id: string,
  event: E,
  { attempts = 3, backoffMs = 200 }: DeliveryOptions = {},
): Promise<R | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await to.run(event);
    } catch (error) {
      if (attempt >= attempts) {
        await storeDeadLetter(store, { function: to.name, id, attempts, reason: reasonOf(error), event });
        return undefined;
      }
      await new Promise((resolve) => setTimeout(resolve, backoffMs * 2 ** (attempt - 1)));
    }
  }
}
