import type { Signature } from '../../../core/model/signature.ts';
import type { TensorData } from '../../../core/model/tensor.ts';
import type { RunReport } from '../../../core/observability/observation.ts';
import { PlatformError } from '../../errors.ts';
import type { LoadOptions, OnnxModel } from '../model.ts';
import { type WorkerEntry, WorkerLostError, WorkerProcess } from './worker-process.ts';

/** A model has not answered in time, or has taken its process along. */
export class ModelLostError extends PlatformError {
  override readonly name = 'ModelLostError';
}

export interface IsolationOptions {
  readonly entry: WorkerEntry;
  /** Longest run, and longest time to load; milliseconds. */
  readonly timeoutMs: number;
}

/** After so many lost processes the model is not tried again. */
const MAX_LOST = 3;

/**
 * Loads a model in a process of its own: a run that does not end is ended with it, and one that crashes takes nothing
 * else along.
 *
 * @throws DigestMismatchError, ModelLoadError, ModelLostError
 */
export async function loadIsolated(
  path: string,
  options: LoadOptions,
  isolation: IsolationOptions,
): Promise<OnnxModel> {
  const model = new IsolatedModel(path, options, isolation);
  await model.load();
  return model;
}

class IsolatedModel implements OnnxModel {
  #signature: Signature = { inputs: [], outputs: [] };
  #worker: WorkerProcess | undefined;
  #lost = 0;

  constructor(
    private readonly path: string,
    private readonly options: LoadOptions,
    private readonly isolation: IsolationOptions,
  ) {}

  get signature(): Signature {
    return this.#signature;
  }

  async load(): Promise<void> {
    try {
      const reply = await this.#ask((worker) => worker.ask({ kind: 'load', model: this.#model }));
      if ('signature' in reply) this.#signature = reply.signature;
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  async run(
    feeds: Record<string, TensorData>,
    outputs?: readonly string[],
    report?: RunReport,
  ): Promise<Record<string, TensorData>> {
    const reply = await this.#ask((worker) => worker.ask({ kind: 'run', model: this.#model, feeds, outputs }));
    if (!('outputs' in reply)) throw new ModelLostError(`${this.path} has given no outputs`);
    if (report !== undefined) report.run = reply.ms;
    return reply.outputs;
  }

  async release(): Promise<void> {
    this.#worker?.kill();
    this.#worker = undefined;
  }

  get #model() {
    return { key: 0, path: this.path, ...this.options };
  }

  async #ask<T>(order: (worker: WorkerProcess) => Promise<T>): Promise<T> {
    if (this.#lost >= MAX_LOST) throw new ModelLostError(`the model was lost ${MAX_LOST} times and is not tried again`);
    const { timeoutMs, entry } = this.isolation;
    const worker = this.#worker ?? new WorkerProcess(entry, () => undefined);
    this.#worker = worker;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      worker.kill();
    }, timeoutMs);
    try {
      await worker.ready;
      return await order(worker);
    } catch (error) {
      if (!(error instanceof WorkerLostError)) throw error;
      this.#lost++;
      this.#worker = undefined;
      const how = late ? `it has not answered within ${timeoutMs / 1_000} s` : error.message;
      throw new ModelLostError(`the model was lost: ${how}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}
