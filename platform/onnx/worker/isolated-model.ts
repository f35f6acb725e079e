import type { Signature } from '../../../core/model/signature.ts';
import type { TensorData } from '../../../core/model/tensor.ts';
import type { RunReport } from '../../../core/observability/observation.ts';
import { PlatformError } from '../../errors.ts';
import type { LoadOptions, OnnxModel } from '../model.ts';
import { limitMemory, type MemoryLimit } from './memory-limit.ts';
import { type WorkerEntry, WorkerLostError, WorkerProcess } from './worker-process.ts';

/** A model has not answered in time, or has taken its process along. */
export class ModelLostError extends PlatformError {
  override readonly name = 'ModelLostError';
}

export interface IsolationOptions {
  readonly entry: WorkerEntry;
  /** Longest run; milliseconds. */
  readonly timeoutMs: number;
  /** How long the process may take to start, and the model to load; milliseconds. @default 20,000 */
  readonly startTimeoutMs?: number;
  /** How long the model may take to load, once the process has started; milliseconds. @default startTimeoutMs */
  readonly loadTimeoutMs?: number;
  /** Most memory that the process may hold; MB. @default no limit */
  readonly memoryMb?: number | undefined;
}

/** A process has not started in time: of the model that it was to run, that says nothing. */
export class WorkerNotStartedError extends PlatformError {
  override readonly name = 'WorkerNotStartedError';
}

const START_TIMEOUT_MS = 20_000;

/** After so many lost processes the model is not tried again. */
const MAX_LOST = 3;

/**
 * Loads a model in a process of its own: a run that does not end is ended with it, and one that crashes takes nothing
 * else along.
 *
 * @throws DigestMismatchError, ModelLoadError, ModelLostError, WorkerNotStartedError
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
      const reply = await this.#ask((worker) => worker.ask({ kind: 'load', model: this.#model }), this.#loadMs);
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
    const reply = await this.#ask(
      (worker) => worker.ask({ kind: 'run', model: this.#model, feeds, outputs }),
      this.isolation.timeoutMs,
    );
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

  get #loadMs(): number {
    return this.isolation.loadTimeoutMs ?? this.#startMs;
  }

  get #startMs(): number {
    return this.isolation.startTimeoutMs ?? START_TIMEOUT_MS;
  }

  /** @param timeoutMs from when the process has started */
  async #ask<T>(order: (worker: WorkerProcess) => Promise<T>, timeoutMs: number): Promise<T> {
    if (this.#lost >= MAX_LOST) throw new ModelLostError(`the model was lost ${MAX_LOST} times and is not tried again`);
    const worker = this.#worker ?? new WorkerProcess(this.isolation.entry, () => undefined);
    this.#worker = worker;
    let [late, started] = [false, false];
    const { memoryMb } = this.isolation;
    const memory = memoryMb === undefined ? undefined : limitMemory(worker, memoryMb);
    const within = (ms: number): NodeJS.Timeout =>
      setTimeout(() => {
        late = true;
        worker.kill();
      }, ms);
    let timer = within(this.#startMs);
    try {
      await worker.ready;
      started = true;
      clearTimeout(timer);
      timer = within(timeoutMs);
      return await order(worker);
    } catch (error) {
      if (!(error instanceof WorkerLostError)) throw error;
      this.#worker = undefined;
      // A machine that has too much to do is no fault of the model.
      if (late && !started)
        throw new WorkerNotStartedError(`its process has not started within ${this.#startMs / 1_000} s`, {
          cause: error,
        });
      this.#lost++;
      throw new ModelLostError(`the model was lost: ${this.#howLost(error, late && timeoutMs, memory)}`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
      memory?.stop();
    }
  }

  #howLost({ message }: WorkerLostError, late: number | false, memory: MemoryLimit | undefined): string {
    if (memory?.exceeded) return `its process took more than the ${this.isolation.memoryMb} MB that it may have`;
    if (late !== false) return `it has not answered within ${late / 1_000} s`;
    // Nobody here has killed it: most often that is the system, out of memory.
    return message.includes('SIGKILL') ? `${message}: the system may have run out of memory` : message;
  }
}
