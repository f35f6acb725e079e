import type { TensorData } from '../../core/model/tensor.ts';
import type { RunReport } from '../../core/observability/observation.ts';
import type { Collector } from '../../core/observability/prometheus.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import { ModelLoadError, ModelLostError } from '../../platform/onnx/errors.ts';
import type { OnnxModel, RunPause } from '../../platform/onnx/model.ts';
import type { WorkerEntry } from '../../platform/onnx/worker/worker-process.ts';
import { Lane, type LaneOptions } from './lane.ts';
import { jobOf, type OnLost, type Task } from './model-job.ts';
import { PAUSE_REASONS, paused, pauseOf } from './pause.ts';
import { budgetMetrics } from './pool-metrics.ts';
import { type ModelSource, PooledModel } from './pooled-model.ts';
import { timeSample } from './sample-run.ts';
import type { WorkerSlot } from './worker-slot.ts';

export interface WorkerPoolOptions {
  readonly entry: WorkerEntry;
  /** Number of worker processes that models share, and most that one may have of its own. */
  readonly size: number;
  /** Longest run; the worker of a longer one is killed; milliseconds. */
  readonly runTimeoutMs: number;
  /** Longest load of a model; milliseconds. */
  readonly loadTimeoutMs: number;
  /** Most memory of a worker; MB. */
  readonly memoryMb: number;
  /** Longest wait for a worker; a longer one is refused; milliseconds. */
  readonly maxWaitMs: number;
  /** Told of workers that have ended, and of models that have to pause. */
  readonly onLost?: (what: string) => void;
}

/** Called with the duration of a run in its worker, without transfer and waiting. */
type OnRun = (feeds: Feeds, ms: number) => void;
type Feeds = Readonly<Record<string, TensorData>>;
type Outputs = Record<string, TensorData>;

export interface PoolLoadOptions {
  /** A row to find out by how long runs take; nobody waits for its answer. */
  readonly sample?: Feeds | undefined;
  readonly onRun?: OnRun | undefined;
}

/** A model whose runs are made by workers. */
export interface WorkerModelHandle extends OnnxModel {
  /** What its load took of processors; milliseconds. */
  readonly loadMs: number;
  /** Has all workers load it that are there for its runs. @throws what a load throws */
  warm(): Promise<void>;
  pause(): RunPause | undefined;
}

/** A load that takes a processor for longer has a process of its own; milliseconds. */
export const QUICK_LOAD_MS = 250;
/** How long the loads of others wait behind a load; milliseconds. */
const OVERDUE_LOAD_MS = 1_000;
/** How long the runs of others wait behind a run before its worker is made its model's own; milliseconds. */
const OVERDUE_MS = 500;
/** Loads of versions whose costs are counted. */
const MOST_COUNTED = 500;
/** How long a process without work is kept that can be spared, and one that only loads; milliseconds. */
const IDLE_MS = 60_000;
const LOADER_IDLE_MS = 5_000;

/**
 * Runs models in worker processes, so that the process that answers requests never blocks. Every version is loaded by a
 * worker that nobody waits for before it is loaded anywhere else. What loads quickly shares workers; what does not, and
 * what held others up or had to be ended, has workers of its own. A run or a load that takes more time or memory than it
 * may is ended together with its worker, and its model pauses, longer each time.
 */
export class WorkerPool {
  readonly #shared: Lane;
  readonly #loader: Lane;
  /** Lanes of models that have one of their own. */
  readonly #own = new Map<PooledModel, Lane>();
  readonly #models = new Set<PooledModel>();
  /** Whose costs are counted: those of models that are no longer there as well, so that no counter falls. */
  readonly #counted = new Set<PooledModel>();
  #closed = false;

  constructor(private readonly options: WorkerPoolOptions) {
    const { size, maxWaitMs } = options;
    const common = { isolation: this.#isolation, onLost: this.#onLost, idleMs: IDLE_MS };
    const shared: Lane = new Lane({
      ...common,
      size,
      maxWaitMs,
      overdueMs: OVERDUE_MS,
      onOverdue: (slot, model) => void this.#separate(model, { lane: shared, slot }),
      keeps: () => ([...this.#models].some(({ steady }) => steady) ? size : 0),
    });
    const loader: Lane = new Lane({
      ...common,
      size: 1,
      maxWaitMs: options.loadTimeoutMs,
      idleMs: LOADER_IDLE_MS,
      overdueMs: OVERDUE_LOAD_MS,
      onOverdue: (slot, model) => void this.#separate(model, { lane: loader, slot }),
    });
    this.#shared = shared;
    this.#loader = loader;
  }

  get size(): number {
    return this.options.size;
  }

  /** Process ids of the running workers. */
  get pids(): number[] {
    return this.#slots.map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  /** Numbers of workers that are there for runs, and of those that end whenever they are started. */
  get states(): { readonly up: number; readonly lost: number } {
    const slots = [this.#shared, ...this.#own.values()].flatMap((lane) => lane.slots);
    const lost = this.#shared.slots.filter(({ ailing }) => ailing).length;
    return { up: slots.filter(({ up }) => up).length, lost };
  }

  /** What each model has cost, and which pause. */
  readonly collect: Collector = (to) => budgetMetrics(to, this.#counted, performance.now());

  /**
   * Loads a model in a worker that nobody waits for. It is loaded where its runs are made when there is one.
   *
   * @throws DigestMismatchError or ModelLoadError, as `loadModel` does, or when it takes more than it may
   */
  async load(source: ModelSource, { sample, onRun }: PoolLoadOptions = {}): Promise<WorkerModelHandle> {
    const model = new PooledModel(source);
    this.#models.add(model);
    this.#counted.add(model);
    try {
      await this.#try(model, sample, onRun);
    } catch (error) {
      this.#drop(model);
      if (!(error instanceof ModelLostError)) throw error;
      model.ended[error.reason]++;
      throw new ModelLoadError(`${source.path} cannot be loaded within its budget: ${error.message}`, { cause: error });
    }
    return {
      signature: model.signature!,
      loadMs: model.loadMs,
      run: (feeds, outputs, report) => this.#run(model, { feeds, outputs, report, onRun }),
      warm: async () => {
        model.steady = true;
        await Promise.all(this.#laneOf(model).slots.map((slot) => this.#warm(model, slot)));
      },
      pause: () => pauseOf(model.breaker.pause),
      release: async () => this.#drop(model),
    };
  }

  /** Ends the loads that are under way: nobody will ask what they load. */
  endLoads(): void {
    this.#loader.close();
    for (const [model, lane] of this.#own) if (model.signature === undefined) lane.close();
  }

  /** Kills all workers. There must be no runs left. */
  close(): void {
    this.#closed = true;
    for (const lane of [this.#shared, this.#loader, ...this.#own.values()]) lane.close();
  }

  get #slots(): WorkerSlot[] {
    return [this.#shared, this.#loader, ...this.#own.values()].flatMap(({ slots }) => slots);
  }

  get #isolation(): LaneOptions['isolation'] {
    const { entry, runTimeoutMs, loadTimeoutMs, memoryMb } = this.options;
    return { entry, timeoutMs: runTimeoutMs, loadTimeoutMs, memoryMb };
  }

  readonly #onLost = (how: string): void => {
    if (!this.#closed) this.options.onLost?.(`a worker ended: ${how}`);
  };

  #laneOf(model: PooledModel): Lane {
    return this.#own.get(model) ?? this.#shared;
  }

  /** The first load of a model, and a run of it: by itself they say where it is to be loaded for good. */
  #try(model: PooledModel, sample: Feeds | undefined, onRun: OnRun | undefined): Promise<void> {
    return this.#job(this.#loader, model, async (slot) => {
      const loaded = await slot.model(model);
      model.loadMs = loaded.loadCpuMs;
      model.signature = loaded.signature;
      if (sample !== undefined) await timeSample(loaded, sample, onRun);
      const own = this.#own.get(model);
      if (model.loadMs > QUICK_LOAD_MS) {
        if (own === undefined) this.#separate(model, { lane: this.#loader, slot });
      } else if (own === undefined) await slot.release(model);
      else {
        // Others did not want to wait, on a machine with much to do: by itself it is quick.
        this.#own.delete(model);
        own.close();
      }
    });
  }

  async #run(
    model: PooledModel,
    call: {
      readonly feeds: Feeds;
      readonly outputs: readonly string[] | undefined;
      readonly report: RunReport | undefined;
      readonly onRun: OnRun | undefined;
    },
  ): Promise<Outputs> {
    const { breaker } = model;
    const pause = breaker.enter(performance.now());
    if (pause !== undefined) throw paused(model, pause);
    const at = performance.now();
    try {
      const outputs = await this.#job(
        this.#laneOf(model),
        model,
        async (slot) => {
          const loaded = await slot.model(model);
          if (call.report !== undefined) call.report.queue = performance.now() - at;
          const timed: RunReport = {};
          const given = await loaded.run(call.feeds, call.outputs, timed);
          call.onRun?.(call.feeds, timed.run!);
          return given;
        },
        (error, lostMs) => this.#count(model, error, lostMs),
      );
      breaker.succeeded(performance.now());
      return outputs;
    } catch (error) {
      if (error instanceof ModelLostError) throw this.#ended(model, error);
      // A graph that refuses what it is fed is well; a queue that is full says nothing.
      if (error instanceof ProtocolError) breaker.undecided();
      else breaker.succeeded(performance.now());
      throw error;
    }
  }

  /**
   * Does something for a model in a worker of a lane, at the cost of the model.
   *
   * @param onLost called before anything else is begun, when the worker ends with it
   */
  #job<T>(lane: Lane, model: PooledModel, task: Task<T>, onLost?: OnLost): Promise<T> {
    return new Promise((resolve, refuse) => lane.submit(jobOf(model, task, { resolve, refuse, onLost })));
  }

  /** A worker has ended with what it did for a model: the model pauses, and has its workers to itself from now on. */
  #count(model: PooledModel, { reason, message }: ModelLostError, lostMs: number): void {
    if (this.#closed) return;
    model.ended[reason]++;
    model.breaker.failed(performance.now(), lostMs, PAUSE_REASONS[reason]);
    const pause = model.breaker.pause!;
    const seconds = Math.ceil((pause.until - performance.now()) / 1_000);
    this.options.onLost?.(`${model.title}: ${message}; none of its runs is made for ${seconds} s`);
    if (!this.#models.has(model)) return;
    const lane = this.#laneOf(model);
    const refused = paused(model, pause);
    for (const job of lane.take(model)) job.refuse(refused);
    const own = this.#own.get(model) ?? this.#separate(model);
    // Whoever is let through after the pause would wait for a long load.
    if (model.loadMs > QUICK_LOAD_MS) void this.#warm(model, own.slots[0]!).catch(() => undefined);
  }

  /** What the caller is told whose run was ended. */
  #ended(model: PooledModel, error: ModelLostError): Error {
    const { runTimeoutMs } = this.options;
    if (error.reason === 'time')
      return new ProtocolError(504, `the model has not answered within ${runTimeoutMs / 1_000} s, its run was ended`, {
        cause: error,
      });
    if (error.reason === 'memory') {
      const { allowed } = error;
      const more =
        allowed === undefined
          ? 'needs more memory than there is'
          : `took more than the ${allowed} MB that it may have, and was ended`;
      return new ProtocolError(500, `the run ${more}`, { cause: error });
    }
    return new Error(`${model.title}: ${error.message}`, { cause: error });
  }

  /** Loads a model in one slot. */
  #warm(model: PooledModel, slot: WorkerSlot): Promise<void> {
    return new Promise((resolve, refuse) => {
      const load = async (own: WorkerSlot): Promise<void> => void (await own.model(model));
      this.#laneOf(model).submitTo(slot, jobOf(model, load, { resolve, refuse }));
    });
  }

  /** Gives a model workers of its own. @param from a slot of another lane that it takes along, with what it does there */
  #separate(model: PooledModel, from?: { readonly lane: Lane; readonly slot: WorkerSlot }): Lane {
    const own = this.#own.get(model) ?? this.#ownLane(model);
    this.#own.set(model, own);
    for (const job of this.#shared.take(model)) own.submit(job);
    if (from === undefined) return own;
    const chores = from.lane.detach(from.slot);
    own.adopt(from.slot);
    for (const job of chores) from.lane.submit(job);
    from.lane.next();
    return own;
  }

  #ownLane(model: PooledModel): Lane {
    const { size, maxWaitMs } = this.options;
    const keeps = (): number => Number(model.loadMs > QUICK_LOAD_MS);
    const onLost = this.#onLost;
    return new Lane({ isolation: this.#isolation, size, maxWaitMs, idleMs: IDLE_MS, keeps, onLost });
  }

  #drop(model: PooledModel): void {
    this.#models.delete(model);
    model.dropped = true;
    // Versions come and go as long as a server lives.
    for (const past of this.#counted) {
      if (this.#counted.size <= MOST_COUNTED) break;
      if (past.dropped) this.#counted.delete(past);
    }
    this.#own.get(model)?.close();
    this.#own.delete(model);
    for (const lane of [this.#shared, this.#loader])
      for (const slot of lane.slots.filter((each) => each.holds(model)))
        lane.submitTo(
          slot,
          jobOf(model, (own) => own.release(model), { resolve: IGNORED, refuse: IGNORED }),
        );
  }
}

const IGNORED = (): void => undefined;
