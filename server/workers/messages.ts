import type { Signature } from '../../core/model/signature.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import type { LoadOptions } from '../../platform/onnx/model.ts';

/** A model as workers are told of it. */
export interface WorkerModel extends LoadOptions {
  /** Names it between pool and workers; never used twice. */
  readonly key: number;
  readonly path: string;
}

/** What a pool asks of a worker; each is answered once, in order. */
export type WorkerRequest =
  | { readonly kind: 'load'; readonly model: WorkerModel }
  | {
      readonly kind: 'run';
      readonly model: WorkerModel;
      readonly feeds: Readonly<Record<string, TensorData>>;
      readonly outputs: readonly string[] | undefined;
    }
  | { readonly kind: 'release'; readonly key: number };

/** What an error of a worker is, so that it can be told apart on the other side. */
export type WorkerErrorKind = 'digest' | 'load' | 'feed' | 'other';

export interface WorkerError {
  readonly kind: WorkerErrorKind;
  readonly message: string;
  readonly stack: string | undefined;
  /** For `digest`. */
  readonly digests?: { readonly path: string; readonly expected: string; readonly found: string };
}

export type WorkerResponse =
  | { readonly signature: Signature }
  /** `ms`: how long the run itself took. */
  | { readonly outputs: Record<string, TensorData>; readonly ms: number }
  | { readonly released: true }
  | { readonly fault: WorkerError };
