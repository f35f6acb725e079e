import type { Signature } from '../../core/model/signature.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import type { RunReport } from '../../core/observability/observation.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import type { LoadOptions, OnnxModel } from '../../platform/onnx/model.ts';
import type { WorkerModel } from '../../platform/onnx/worker/messages.ts';
import { type WorkerEntry, WorkerProcess } from '../../platform/onnx/worker/worker-process.ts';
import { waitedTooLong } from '../batching/batcher.ts';
import { BackOff } from '../lib/backoff.ts';

export interface WorkerPoolOptions {
  readonly entry: WorkerEntry;
  /** Number of worker processes; each loads every model. */
  readonly size: number;
  /** Longest run; the worker of a longer one is killed; milliseconds. */
  readonly runTimeoutMs: number;
  /** Longest wait for a worker; a longer one is refused; milliseconds. */
  readonly maxWaitMs: number;
  /** Called when a worker ends unexpectedly, and when a new one cannot load a model. */
  readonly onLost?: (what: string) => void;
}

/** Called with the duration of a run in its worker, without transfer and waiting. */
type OnRun = (feeds: Readonly<Record<string, TensorData>>, ms: number) => void;
type Outputs = Record<string, TensorData>;

interface Job {
  readonly model: WorkerModel;
  readonly feeds: Readonly<Record<string, TensorData>>;
  readonly outputs: readonly string[] | undefined;
  readonly report: RunReport | undefined;
  readonly onRun: OnRun | undefined;
  readonly at: number;
  readonly resolve: (outputs: Outputs) => void;
  readonly reject: (error: unknown) => void;
}

/** Slot of a worker process; a new worker is started in it when one ends. */
interface Place {
  readonly backOff: BackOff;
  worker: WorkerProcess | undefined;
  /** Whether the worker has started and loaded all models. */
  up: boolean;
  /** Whether it is idle: started, all models loaded, nothing running. */
  free: boolean;
  /** Tasks before the next run: loads of new models. */
  readonly chores: (() => Promise<void>)[];
  startedAt: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Runs models in worker processes, so that the process that answers requests never blocks. When a run exceeds the time
 * limit, its worker is killed and replaced, its callers get 504, and waiting runs go to the other workers.
 */
export class WorkerPool {
  readonly #places: Place[];
  readonly #models = new Map<number, WorkerModel>();
  readonly #line: Job[] = [];
  #lastKey = 0;
  #lineTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly options: WorkerPoolOptions) {
    this.#places = Array.from({ length: options.size }, () => ({
      backOff: new BackOff(),
      worker: undefined,
      up: false,
      free: false,
      chores: [],
      startedAt: 0,
      timer: undefined,
    }));
  }

  get size(): number {
    return this.options.size;
  }

  /** Process ids of the running workers. */
  get pids(): number[] {
    return this.#places.map(({ worker }) => worker?.pid).filter((pid) => pid !== undefined);
  }

  /** Numbers of workers that are ready, and that are being restarted, and of runs that wait. */
  get states(): { readonly up: number; readonly lost: number; readonly waiting: number } {
    const up = this.#places.filter((place) => place.up).length;
    return { up, lost: this.#models.size > 0 ? this.size - up : 0, waiting: this.#line.length };
  }

  /**
   * Loads a model into every worker. The workers are started with the first model.
   *
   * @throws DigestMismatchError or ModelLoadError, as `loadModel` does
   */
  async load(path: string, options: LoadOptions, onRun?: OnRun): Promise<OnnxModel> {
    const key = ++this.#lastKey;
    const model: WorkerModel = { key, path, ...options };
    let signature: Signature | undefined;
    await Promise.all(this.#places.map((place) => this.#start(place)));
    try {
      // One worker after the other, so that the others go on serving.
      for (const place of this.#places) signature = await this.#loadOn(place, model);
    } catch (error) {
      this.#release(key);
      throw error;
    }
    this.#models.set(key, model);
    return {
      signature: signature!,
      run: (feeds, outputs, report) =>
        new Promise((resolve, reject) => {
          this.#line.push({ model, feeds, outputs, report, onRun, at: performance.now(), resolve, reject });
          this.#next();
        }),
      release: async () => this.#release(key),
    };
  }

  /** Kills all workers. There must be no runs left. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#lineTimer);
    for (const place of this.#places) {
      clearTimeout(place.timer);
      place.worker?.kill();
    }
  }

  #release(key: number): void {
    this.#models.delete(key);
    for (const { worker } of this.#places) worker?.ask({ kind: 'release', key }).catch(() => undefined);
  }

  #next(): void {
    this.#refuseOld();
    for (const place of this.#places) {
      if (!place.free) continue;
      const chore = place.chores.shift();
      if (chore !== undefined) {
        place.free = false;
        void chore();
        continue;
      }
      const job = this.#line.shift();
      if (job !== undefined) void this.#runOn(place, job);
    }
    clearTimeout(this.#lineTimer);
    if (this.#line.length > 0)
      this.#lineTimer = setTimeout(
        () => this.#next(),
        Math.max(1, this.options.maxWaitMs - (performance.now() - this.#line[0]!.at)),
      );
  }

  #refuseOld(): void {
    const { maxWaitMs } = this.options;
    const now = performance.now();
    while (this.#line.length > 0 && now - this.#line[0]!.at >= maxWaitMs)
      this.#line.shift()!.reject(waitedTooLong(maxWaitMs));
  }

  async #runOn(place: Place, { model, feeds, outputs, report, onRun, at, resolve, reject }: Job): Promise<void> {
    const worker = place.worker!;
    const { runTimeoutMs } = this.options;
    place.free = false;
    if (report !== undefined) report.queue = performance.now() - at;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      worker.kill();
      reject(new ProtocolError(504, `the model has not answered within ${runTimeoutMs / 1000} s, its run was ended`));
    }, runTimeoutMs);
    try {
      const reply = await worker.ask({ kind: 'run', model, feeds, outputs });
      if (!('outputs' in reply)) throw new Error('a worker answered a run with something else');
      onRun?.(feeds, reply.ms);
      resolve(reply.outputs);
    } catch (error) {
      if (!late) reject(error);
    } finally {
      clearTimeout(timer);
      if (place.worker === worker && !late) place.free = true;
      this.#next();
    }
  }

  /** Has a worker load a model between two runs. */
  #loadOn(place: Place, model: WorkerModel): Promise<Signature> {
    return new Promise((resolve, reject) => {
      place.chores.push(async () => {
        const { worker } = place;
        try {
          const reply = await worker!.ask({ kind: 'load', model });
          if (!('signature' in reply)) throw new Error('a worker answered a load with something else');
          resolve(reply.signature);
        } catch (error) {
          reject(error);
        }
        if (place.worker === worker) place.free = true;
        this.#next();
      });
      this.#next();
    });
  }

  /** Starts a worker in an empty slot. It takes runs once it has loaded all models. */
  async #start(place: Place): Promise<void> {
    if (place.worker !== undefined || this.#closed) return;
    clearTimeout(place.timer);
    place.startedAt = performance.now();
    const worker = new WorkerProcess(this.options.entry, (how) => this.#ended(place, worker, how));
    place.worker = worker;
    const models = [...this.#models.values()];
    await worker.ready;
    for (const model of models)
      await worker
        .ask({ kind: 'load', model })
        .catch((error) => this.options.onLost?.(`a new worker: ${error.message}`));
    place.up = place.worker === worker;
    place.free = place.up;
    this.#next();
  }

  #ended(place: Place, worker: WorkerProcess, how: string): void {
    if (place.worker !== worker) return;
    place.worker = undefined;
    place.up = false;
    place.free = false;
    if (this.#closed) return;
    this.options.onLost?.(`a worker ended: ${how}`);
    const wait = place.backOff.next(performance.now() - place.startedAt);
    place.timer = setTimeout(() => void this.#start(place).catch(() => undefined), wait);
  }
}
