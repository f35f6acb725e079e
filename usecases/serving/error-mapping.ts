import { InputError } from '../../core/contract/input-error.ts';
import { type Fault, ProtocolError } from '../../core/errors/protocol-error.ts';
import type { Observation, RequestOutcome } from '../../core/observability/observation.ts';
import type { HttpResponse } from '../../core/serving/http.ts';
import { UnansweredError } from './unanswered-error.ts';

/** Whose fault an error is. */
export function outcomeOf(error: unknown): RequestOutcome {
  if (error instanceof UnansweredError) return 'internal';
  if (error instanceof InputError) return 'caller';
  if (!(error instanceof ProtocolError)) return 'internal';
  const { status } = error;
  // What is not implemented was the caller's to know.
  if (status < 500 || status === 501) return 'caller';
  return status === 503 || status === 504 ? 'unavailable' : 'internal';
}

/** What a caller is told; of what is not the caller's fault, nothing. */
export function faultOfError(error: unknown): Fault {
  if (error instanceof ProtocolError) return error;
  if (error instanceof InputError) return { status: 400, kind: 'bad-input', message: error.message };
  return { status: 500, kind: 'internal', message: 'internal error' };
}

/** Tells the caller when to come back, or what the path takes, where the error knows. */
export function withHints(response: HttpResponse, error: unknown): HttpResponse {
  if (!(error instanceof ProtocolError)) return response;
  const { retryAfterSeconds, allowed } = error;
  if (retryAfterSeconds === undefined && allowed === undefined) return response;
  return {
    ...response,
    headers: {
      ...response.headers,
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterSeconds)) }),
      ...(allowed === undefined ? {} : { allow: allowed.join(', ') }),
    },
  };
}

/** Notes how a request ended that was not answered. */
export function fill(observation: Observation, error: unknown): void {
  observation.outcome = outcomeOf(error);
  observation.fault = faultOfError(error).kind;
  observation.error = error;
}
