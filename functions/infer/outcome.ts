import { InputError } from '../../core/contract/elements.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import type { Outcome } from '../../core/serving/observation.ts';

/** Whose fault an error is. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof InputError) return 'caller';
  if (!(error instanceof ProtocolError)) return 'internal';
  const { status } = error;
  // What is not implemented was the caller's to know.
  if (status < 500 || status === 501) return 'caller';
  return status === 503 || status === 504 ? 'unavailable' : 'internal';
}
