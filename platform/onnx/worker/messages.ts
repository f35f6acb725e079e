import type { Signature } from '../../../core/model/signature.ts';
import type { TensorData } from '../../../core/model/tensor.ts';
import type { LoadOptions } from '../model.ts';

/** A model as the pool names it to workers. */
export interface WorkerModel extends LoadOptions {
  /** Identifies the model between pool and workers; never used again. */
  readonly key: number;
  readonly path: string;
}

/** Requests of the pool to a worker. Each gets one response, in order. */
export type WorkerRequest =
  | { readonly kind: 'load'; readonly model: WorkerModel }
  | {
      readonly kind: 'run';
      readonly model: WorkerModel;
      readonly feeds: Readonly<Record<string, TensorData>>;
      readonly outputs: readonly string[] | undefined;
    }
  | { readonly kind: 'release'; readonly key: number };

/** Class of a worker's error, from which the pool restores it. */
export type WorkerErrorKind = 'digest' | 'load' | 'feed' | 'size' | 'run' | 'memory' | 'other';

export interface WorkerError {
  readonly kind: WorkerErrorKind;
  readonly message: string;
  readonly stack: string | undefined;
  /** Message of what caused it. */
  readonly cause?: string;
  /** For `digest`. */
  readonly digests?: { readonly path: string; readonly expected: string; readonly found: string };
}

/** Responses of a worker; they carry no id, because they come in the order of the requests. */
export type WorkerResponse =
  /** `cpuMs`: what the load took of processors, which other work on the machine does not lengthen. */
  | { readonly signature: Signature; readonly cpuMs: number }
  /** `ms`: duration of the run itself. */
  | { readonly outputs: Record<string, TensorData>; readonly ms: number }
  | { readonly released: true }
  | { readonly fault: WorkerError };
