import type { ModelLossReason } from '../../platform/onnx/errors.ts';
import type { OnnxModel } from '../../platform/onnx/model.ts';
import { CircuitBreaker } from '../lib/circuit-breaker.ts';

/** What is loaded into workers. */
export interface ModelSource {
  readonly name: string;
  readonly version: number;
  readonly path: string;
  /** SHA-256 that the file must have. */
  readonly digest: string;
  /** Threads within one run. */
  readonly threads: number;
}

/** A version as the pool knows it, with its own budget. */
export class PooledModel {
  readonly breaker = new CircuitBreaker();
  /** Runs that were ended, by the reason. */
  readonly ended: Record<ModelLossReason, number> = { time: 0, memory: 0, crash: 0 };
  /** Time of workers that its runs and loads took. */
  workerMs = 0;
  /** How long it took to load. */
  loadMs = 0;
  /** Whether all workers that are there for it have it loaded at all times. */
  steady = false;
  /** Whether nobody runs it any more. */
  dropped = false;
  signature: OnnxModel['signature'] | undefined;

  constructor(readonly source: ModelSource) {}

  get title(): string {
    return `version ${this.source.version} of ${this.source.name}`;
  }
}
