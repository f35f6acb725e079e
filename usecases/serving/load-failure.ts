import { ContractBindingError } from '../../core/contract/bind.ts';
import { ObjectNotFoundError } from '../../platform/errors.ts';
import { DigestMismatchError, ModelLoadError, ModelLostError } from '../../platform/onnx/errors.ts';
import { CacheFullError } from './cache-room.ts';
import { RehearsalMismatchError } from './rehearsed.ts';

/**
 * Why a version could not be loaded, for whoever may ask the endpoint: what is in messages of errors, such as paths and
 * values of rows, is for its log.
 */
export function loadFailureReason(error: unknown): string {
  if (error instanceof RehearsalMismatchError) return 'it does not answer its rehearsal as when it was registered';
  if (error instanceof DigestMismatchError) return 'its file is not the one that was registered';
  if (error instanceof ModelLoadError && error.cause instanceof ModelLostError)
    return 'loading it takes more time or memory than it may';
  if (error instanceof ModelLoadError) return 'its graph cannot be opened';
  if (error instanceof ContractBindingError) return 'its contract does not fit its graph';
  if (error instanceof ObjectNotFoundError) return 'its file is not there';
  if (error instanceof CacheFullError) return 'its file does not fit beside those that are in use';
  return 'it cannot be loaded now, see the log of the endpoint';
}

/** Whether another try will most likely end as this one has: it is the version, and not what it is loaded from. */
export const isVersionsFault = (error: unknown): boolean =>
  error instanceof RehearsalMismatchError || error instanceof ModelLoadError || error instanceof ContractBindingError;
