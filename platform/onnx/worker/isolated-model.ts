import type { TensorData } from '../../../core/model/tensor.ts';
import type { RunReport } from '../../../core/observability/observation.ts';
import { PlatformError } from '../../errors.ts';
import { type ModelLossReason, ModelLostError } from '../errors.ts';
import type { LoadOptions, OnnxModel } from '../model.ts';
import { endFirst, MemoryLimit } from './memory-limit.ts';
import type { WorkerModel } from './messages.ts';
import { type WorkerEntry, WorkerLostError, WorkerProcess } from './worker-process.ts';

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
  /** Called when a process ends, asked to or not. */
  readonly onEnd?: ((how: string) => void) | undefined;
}

interface Run {
  readonly feeds: Record<string, TensorData>;
  readonly outputs: readonly string[] | undefined;
  readonly report: RunReport | undefined;
}

/** A process has not started in time: of the model that it was to run, that says nothing. */
export class WorkerNotStartedError extends PlatformError {
  override readonly name = 'WorkerNotStartedError';
}

const START_TIMEOUT_MS = 20_000;

/** After so many losses the process is not started again. */
const MAX_LOST = 3;

/**
 * Loads a model in a process of its own: a run that does not end is ended with it, and one that crashes takes nothing
 * else along. The process ends when the model is released.
 *
 * @throws DigestMismatchError, ModelLoadError, ModelLostError, WorkerNotStartedError
 */
export async function loadIsolated(
  path: string,
  options: LoadOptions,
  isolation: IsolationOptions,
): Promise<OnnxModel> {
  const own = new IsolatedProcess(isolation);
  try {
    const model = await own.load(path, options);
    return { ...model, release: async () => own.end() };
  } catch (error) {
    own.end();
    throw error;
  }
}

/** A model in such a process. */
export interface IsolatedModel extends OnnxModel {
  /** What its load took of processors; milliseconds. */
  readonly loadCpuMs: number;
}

/** A process that opens and runs graphs within limits. It starts at once, and is started again after it was lost. */
export class IsolatedProcess {
  #worker: WorkerProcess | undefined;
  #memory: MemoryLimit | undefined;
  /** The process that is known to have started. */
  #started: WorkerProcess | undefined;
  #lost = 0;
  #models = 0;

  constructor(private readonly isolation: IsolationOptions) {
    this.#worker = this.#start();
  }

  /** Id of the process; undefined while there is none. */
  get pid(): number | undefined {
    return this.#worker?.pid;
  }

  /** Resolves when the process takes orders. @throws WorkerLostError, WorkerNotStartedError */
  async ready(): Promise<void> {
    await this.#ask(async () => undefined, this.#startMs);
  }

  /** @throws DigestMismatchError, ModelLoadError, ModelLostError, WorkerNotStartedError */
  async load(path: string, options: LoadOptions): Promise<IsolatedModel> {
    const model: WorkerModel = { key: this.#models++, path, ...options };
    const reply = await this.#ask((worker) => worker.ask({ kind: 'load', model }), this.#loadMs);
    if (!('signature' in reply)) throw new ModelLostError(`${path} has given no signature`);
    return {
      signature: reply.signature,
      loadCpuMs: reply.cpuMs,
      run: (feeds, outputs, report) => this.#run(model, { feeds, outputs, report }),
      release: () => this.#release(model),
    };
  }

  /** Ends the process, whatever it is doing. */
  end(): void {
    this.#worker?.kill();
    this.#worker = undefined;
  }

  async #run(model: WorkerModel, { feeds, outputs, report }: Run): Promise<Record<string, TensorData>> {
    const reply = await this.#ask(
      (worker) => worker.ask({ kind: 'run', model, feeds, outputs }),
      this.isolation.timeoutMs,
    );
    if (!('outputs' in reply)) throw new ModelLostError(`${model.path} has given no outputs`);
    if (report !== undefined) report.run = reply.ms;
    return reply.outputs;
  }

  async #release({ key }: WorkerModel): Promise<void> {
    // With a process that was lost, everything in it is gone.
    if (this.#worker !== undefined)
      await this.#ask((worker) => worker.ask({ kind: 'release', key }), this.isolation.timeoutMs);
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
    const worker = this.#worker ?? this.#start();
    this.#worker = worker;
    const memory = this.#memory;
    let late = false;
    let started = this.#started === worker;
    memory?.begin();
    const within = (ms: number): NodeJS.Timeout =>
      setTimeout(() => {
        late = true;
        worker.kill();
      }, ms);
    let timer = within(started ? timeoutMs : this.#startMs);
    try {
      if (!started) {
        await worker.ready;
        this.#started = worker;
        started = true;
        clearTimeout(timer);
        timer = within(timeoutMs);
      }
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
      throw this.#lostError(error, late ? timeoutMs : undefined, memory);
    } finally {
      clearTimeout(timer);
      memory?.end();
    }
  }

  #start(): WorkerProcess {
    const { entry, memoryMb, onEnd } = this.isolation;
    const worker = new WorkerProcess(entry, (how) => onEnd?.(how));
    this.#memory = memoryMb === undefined ? undefined : new MemoryLimit(worker, memoryMb);
    if (memoryMb !== undefined) endFirst(worker);
    return worker;
  }

  /** @param lateMs what it was given, where it took longer */
  #lostError(cause: WorkerLostError, lateMs: number | undefined, memory: MemoryLimit | undefined): ModelLostError {
    const lost = (how: string, reason: ModelLossReason, allowed?: number): ModelLostError =>
      new ModelLostError(`the model was lost: ${how}`, reason, { cause, allowed });
    const { memoryMb } = this.isolation;
    if (memory?.exceeded)
      return lost(`its process took more than the ${memoryMb} MB that it may have`, 'memory', memoryMb);
    if (lateMs !== undefined) return lost(`it has not answered within ${lateMs / 1_000} s`, 'time', lateMs / 1_000);
    // Nobody here has killed it: most often that is the system, out of memory.
    const { message } = cause;
    return lost(message.includes('SIGKILL') ? `${message}: the system may have run out of memory` : message, 'crash');
  }
}
