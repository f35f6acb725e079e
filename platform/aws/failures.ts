import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../errors.ts';

const ATTEMPTS = 4;
const FIRST_WAIT_MS = 50;
/** Broken connections, by the codes of node:net. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ECONNREFUSED', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE']);

/** A body came shorter than it was announced. */
export class TruncatedError extends PlatformError {
  override readonly name = 'TruncatedError';
  constructor(
    readonly key: string,
    readonly bytes: number,
    readonly announced: number | undefined,
  ) {
    super(`${key} came with ${bytes} bytes, ${announced} were announced`);
  }
}

interface Failure {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** HTTP status of an SDK error; 0 when there was no answer. */
export const statusOf = (error: unknown): number => (error as Failure).$metadata?.httpStatusCode ?? 0;

export const errorNameOf = (error: unknown): string => (error as Failure).name ?? '';

/** Worth another try: no answer, a fault of the service, or 409, which S3 gives when conditional writes cross. */
export function isTransient(error: unknown): boolean {
  if (error instanceof PlatformError) return error instanceof TruncatedError;
  const status = statusOf(error);
  if (status === 409 || status === 429 || status >= 500) return true;
  // The SDK holds a body against the checksum that S3 sends with it, and has no name for what it finds.
  if ((error as Error).message?.startsWith('Checksum mismatch')) return true;
  return BROKEN.has((error as Failure).code ?? '') || errorNameOf(error) === 'TimeoutError';
}

/** Tries again what may succeed the next time, with doubled waits between. */
export async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (tried >= ATTEMPTS || !isTransient(error)) throw error;
      await sleep(FIRST_WAIT_MS * 2 ** (tried - 1) * (0.5 + Math.random()));
    }
  }
}
