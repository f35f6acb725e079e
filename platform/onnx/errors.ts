import { PlatformError } from '../errors.ts';

/** A file is not the one that was registered: it is never loaded. */
export class DigestMismatchError extends PlatformError {
  override readonly name = 'DigestMismatchError';
  constructor(
    readonly path: string,
    readonly expected: string,
    readonly found: string,
  ) {
    super(`${path} has digest ${found}, expected ${expected}`);
  }
}

/** A file that ONNX Runtime cannot open, or a graph that cannot be served. */
export class ModelLoadError extends PlatformError {
  override readonly name = 'ModelLoadError';
}

/** ONNX Runtime gave up in the middle of a run: a node has no answer to what came to it. Other rows may well have one. */
export class RunError extends PlatformError {
  override readonly name = 'RunError';
}

/** A run failed because of what was fed to it. */
export class FeedError extends PlatformError {
  override readonly name: string = 'FeedError';
}

/** A run failed for want of memory, on rows or sizes of the caller's choice: fewer or smaller ones may well run. */
export class FeedSizeError extends FeedError {
  override readonly name = 'FeedSizeError';
}

/** Why a process with a model was ended, or has ended: of its time, of its memory, or by itself. */
export type ModelLossReason = 'time' | 'memory' | 'crash';

/** A model has not answered in time, has taken its process along, or has no memory for a run of the least size. */
export class ModelLostError extends PlatformError {
  override readonly name = 'ModelLostError';
  /** What the limit was that it went beyond, where it was one: seconds, or MB. */
  readonly allowed: number | undefined;

  constructor(
    message: string,
    readonly reason: ModelLossReason = 'crash',
    { allowed, ...options }: ErrorOptions & { readonly allowed?: number | undefined } = {},
  ) {
    super(message, options);
    this.allowed = allowed;
  }
}
