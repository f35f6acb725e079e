import type * as z from 'zod';

/** A stored object is not what it should be. */
export class StoredObjectError extends Error {
  override readonly name = 'StoredObjectError';
  constructor(
    readonly key: string,
    fault: string,
    options?: ErrorOptions,
  ) {
    super(`${key} does not hold what it should: ${fault}`, options);
  }
}

/**
 * Reads a stored JSON document.
 *
 * @throws StoredObjectError whose message is one sentence, however much is wrong with it
 */
export function parseStored<T>(schema: z.ZodType<T>, key: string, body: Uint8Array): T {
  const parsed = schema.safeParse(jsonOf(key, body));
  if (parsed.success) return parsed.data;
  const [first, ...others] = parsed.error.issues;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  const where = first!.path.length === 0 ? 'the document' : first!.path.join('.');
  throw new StoredObjectError(key, `${where}: ${first!.message}${more}`, { cause: parsed.error });
}

function jsonOf(key: string, body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    throw new StoredObjectError(key, 'it is no JSON', { cause: error });
  }
}
