import { DigestMismatchError, FeedError, FeedSizeError, ModelLoadError, ModelLostError, RunError } from '../errors.ts';
import type { WorkerError, WorkerErrorKind } from './messages.ts';

/** Serializes an error of a worker for the pool. */
export function workerErrorOf(error: unknown): WorkerError {
  const { message, stack, cause } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof DigestMismatchError) {
    const { path, expected, found } = error;
    return { kind: 'digest', message, stack, digests: { path, expected, found } };
  }
  return { kind: kindOf(error), message, stack, ...(cause instanceof Error && { cause: cause.message }) };
}

function kindOf(error: unknown): WorkerErrorKind {
  if (error instanceof ModelLoadError) return 'load';
  if (error instanceof FeedSizeError) return 'size';
  if (error instanceof FeedError) return 'feed';
  if (error instanceof ModelLostError) return 'memory';
  if (error instanceof RunError) return 'run';
  return 'other';
}

/** Restores an error that a worker reported: with the same class and the worker's stack. */
export function errorOf(reported: WorkerError): Error {
  const error = createError(reported);
  if (reported.stack !== undefined) error.stack = reported.stack;
  if (reported.cause !== undefined) error.cause = new Error(reported.cause);
  return error;
}

function createError({ kind, message, digests }: WorkerError): Error {
  if (kind === 'digest' && digests !== undefined)
    return new DigestMismatchError(digests.path, digests.expected, digests.found);
  if (kind === 'load') return new ModelLoadError(message);
  if (kind === 'size') return new FeedSizeError(message);
  if (kind === 'feed') return new FeedError(message);
  if (kind === 'memory') return new ModelLostError(message, 'memory');
  if (kind === 'run') return new RunError(message);
  return new Error(message);
}
