import { DigestMismatchError, FeedError, ModelLoadError } from '../../platform/onnx/errors.ts';
import type { WorkerError } from './messages.ts';

/** An error as it goes from a worker to the pool. */
export function workerErrorOf(error: unknown): WorkerError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof DigestMismatchError) {
    const { path, expected, found } = error;
    return { kind: 'digest', message, stack, digests: { path, expected, found } };
  }
  const kind = error instanceof ModelLoadError ? 'load' : error instanceof FeedError ? 'feed' : 'other';
  return { kind, message, stack };
}

/** The error that a fault was, of the same class and with the worker's stack. */
export function errorOf({ kind, message, stack, digests }: WorkerError): Error {
  const error =
    kind === 'digest' && digests !== undefined
      ? new DigestMismatchError(digests.path, digests.expected, digests.found)
      : kind === 'load'
        ? new ModelLoadError(message)
        : kind === 'feed'
          ? new FeedError(message)
          : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
