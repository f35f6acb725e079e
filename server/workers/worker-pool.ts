import type { Signature } from '../../core/model/signature.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import type { RunReport } from '../../core/observability/observation.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import type { LoadOptions, OnnxModel } from '../../platform/onnx/model.ts';
import { waitedTooLong } from '../batching/batcher.ts';
import { BackOff } from '../lib/backoff.ts';
import type { RunnerModel } from './messages.ts';
import { type RunnerEntry, RunnerProcess } from './worker-process.ts';

export interface RunnerPoolOptions {
  readonly entry: RunnerEntry;
  /** Processes, each with every model. */
  readonly size: number;
  /** A run that takes longer is ended by killing its runner; milliseconds. */
  readonly runTimeoutMs: number;
  /** A run that has waited longer for a runner is refused; milliseconds. */
  readonly maxWaitMs: number;
  /** Told of every runner that ended unasked, and of every model that a new one could not load. */
  readonly onLost?: (what: string) => void;
}

/** Told how long a run took in its runner, without the way there and the wait. */
type OnRun = (feeds: Readonly<Record<string, TensorData>>, ms: number) => void;
type Outputs = Record<string, TensorData>;

interface Job {
  readonly model: RunnerModel;
  readonly feeds: Readonly<Record<string, TensorData>>;
  readonly outputs: readonly string[] | undefined;
  readonly report: RunReport | undefined;
  readonly onRun: OnRun | undefined;
  readonly at: number;
  readonly resolve: (outputs: Outputs) => void;
  readonly reject: (error: unknown) => void;
}

/** A place for a runner, which is filled again whenever one ends. */
interface Place {
  readonly backOff: BackOff;
  runner: RunnerProcess | undefined;
  /** Whether it has started and loaded what there is. */
  up: boolean;
  /** Whether it is idle: started, all models loaded, nothing running. */
  free: boolean;
  /** What it has to do before the next run: loads of new models. */
  readonly chores: (() => Promise<void>)[];
  startedAt: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Processes that run models, so that the one that answers never blocks. A run that does not end is ended: its runner is
 * killed and replaced, its callers get 504, and what waits goes to the others.
 */
export class WorkerPool {
  readonly #places: Place[];
  readonly #models = new Map<number, RunnerModel>();
  readonly #line: Job[] = [];
  #lastKey = 0;
  #lineTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly options: RunnerPoolOptions) {
    this.#places = Array.from({ length: options.size }, () => ({
      backOff: new BackOff(),
      runner: undefined,
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

  /** Process ids of the runners that live. */
  get pids(): number[] {
    return this.#places.map(({ runner }) => runner?.pid).filter((pid) => pid !== undefined);
  }

  /** Runners that live and have what they need, and those that are being started anew. */
  get states(): { readonly up: number; readonly lost: number; readonly waiting: number } {
    const up = this.#places.filter((place) => place.up).length;
    return { up, lost: this.#models.size > 0 ? this.size - up : 0, waiting: this.#line.length };
  }

  /**
   * Loads a model into every runner; they are started with the first one.
   *
   * @throws DigestMismatchError or ModelLoadError, as `loadModel` does
   */
  async load(path: string, options: LoadOptions, onRun?: OnRun): Promise<OnnxModel> {
    const key = ++this.#lastKey;
    const model: RunnerModel = { key, path, ...options };
    let signature: Signature | undefined;
    await Promise.all(this.#places.map((place) => this.#start(place)));
    try {
      // One runner after the other, so that the rest goes on with what is served already.
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

  /** Ends all runners. Nothing may run any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#lineTimer);
    for (const place of this.#places) {
      clearTimeout(place.timer);
      place.runner?.kill();
    }
  }

  #release(key: number): void {
    this.#models.delete(key);
    for (const { runner } of this.#places) runner?.ask({ kind: 'release', key }).catch(() => undefined);
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
    const runner = place.runner!;
    const { runTimeoutMs } = this.options;
    place.free = false;
    if (report !== undefined) report.queue = performance.now() - at;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      runner.kill();
      reject(new ProtocolError(504, `the model has not answered within ${runTimeoutMs / 1000} s, its run was ended`));
    }, runTimeoutMs);
    try {
      const reply = await runner.ask({ kind: 'run', model, feeds, outputs });
      if (!('outputs' in reply)) throw new Error('a runner answered a run with something else');
      onRun?.(feeds, reply.ms);
      resolve(reply.outputs);
    } catch (error) {
      if (!late) reject(error);
    } finally {
      clearTimeout(timer);
      if (place.runner === runner && !late) place.free = true;
      this.#next();
    }
  }

  /** Has a runner load a model between two runs. */
  #loadOn(place: Place, model: RunnerModel): Promise<Signature> {
    return new Promise((resolve, reject) => {
      place.chores.push(async () => {
        const { runner } = place;
        try {
          const reply = await runner!.ask({ kind: 'load', model });
          if (!('signature' in reply)) throw new Error('a runner answered a load with something else');
          resolve(reply.signature);
        } catch (error) {
          reject(error);
        }
        if (place.runner === runner) place.free = true;
        this.#next();
      });
      this.#next();
    });
  }

  /** Starts a runner where there is none, and gives it all models; it takes runs once it has them. */
  async #start(place: Place): Promise<void> {
    if (place.runner !== undefined || this.#closed) return;
    clearTimeout(place.timer);
    place.startedAt = performance.now();
    const runner = new RunnerProcess(this.options.entry, (how) => this.#ended(place, runner, how));
    place.runner = runner;
    const models = [...this.#models.values()];
    await runner.ready;
    for (const model of models)
      await runner
        .ask({ kind: 'load', model })
        .catch((error) => this.options.onLost?.(`a new runner: ${error.message}`));
    place.up = place.runner === runner;
    place.free = place.up;
    this.#next();
  }

  #ended(place: Place, runner: RunnerProcess, how: string): void {
    if (place.runner !== runner) return;
    place.runner = undefined;
    place.up = false;
    place.free = false;
    if (this.#closed) return;
    this.options.onLost?.(`a runner ended: ${how}`);
    const wait = place.backOff.next(performance.now() - place.startedAt);
    place.timer = setTimeout(() => void this.#start(place).catch(() => undefined), wait);
  }
}
