import type { TensorData } from '../../core/model/tensor.ts';
import type { RunReport } from '../../core/observability/observation.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import type { OnnxModel } from '../../platform/onnx/model.ts';
import { AdaptiveDelay } from './adaptive-delay.ts';
import { agree, batchKey, concatenate, rowsOf, split, type Tensors } from './tensors.ts';

export interface BatchingOptions {
  /** Largest batch, in rows. A request with more rows than that runs by itself. */
  readonly maxRows: number;
  /** Longest that a request is delayed for a larger batch while a slot is free; milliseconds. */
  readonly maxDelayMs: number;
  /** Runs of the model that may be in progress at once. */
  readonly slots: number;
  /** A request that has waited longer than this for its run fails with 503; milliseconds. @default no limit */
  readonly maxWaitMs?: number;
  /** Called after every run with the number of requests and rows in it. */
  readonly onRun?: (requests: number, rows: number) => void;
  /** Called once when the model turns out to mix rows; from then on every request runs by itself. */
  readonly onDependent?: () => void;
}

/** One request that waits for its run. */
interface Call {
  readonly feeds: Tensors;
  readonly outputs: readonly string[] | undefined;
  readonly report: RunReport | undefined;
  readonly rows: number;
  readonly at: number;
  readonly resolve: (outputs: Record<string, TensorData>) => void;
  readonly reject: (error: unknown) => void;
}

/** How many of the first batches are compared with runs of single requests, and how many requests of each. */
const BATCH_CHECKS = 3;
const CHECKED_CALLS = 4;

/**
 * Wraps a model so that concurrent runs are joined along axis 0 into one batch. A single caller is never delayed:
 * requests that arrive while the model is busy form the next batch, and a batch waits for more, at most `maxDelayMs`,
 * only while other callers are known to be active. When a batch fails, its requests are run one by one, so that a bad
 * request cannot fail the others.
 *
 * Batching is correct only for models that treat each row independently. The first batches are therefore compared with
 * runs of single requests; if the outputs differ, batching is switched off for this model.
 *
 * @param model its signature must satisfy `canBatch`
 */
export function batched(model: OnnxModel, options: BatchingOptions): OnnxModel {
  const batcher = new Batcher(model, options);
  return {
    signature: model.signature,
    run: (feeds, outputs, report) => batcher.run(feeds, outputs, report),
    release: () => model.release(),
  };
}

class Batcher {
  /** Waiting calls by batch key, in the order in which the keys are served. */
  readonly #waiting = new Map<string, Call[]>();
  readonly #delay: AdaptiveDelay;
  #running = 0;
  #unbatched = 0;
  #checks = 0;
  #dependent = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly model: OnnxModel,
    private readonly options: BatchingOptions,
  ) {
    this.#delay = new AdaptiveDelay(options);
  }

  run(feeds: Tensors, outputs?: readonly string[], report?: RunReport): Promise<Record<string, TensorData>> {
    return new Promise((resolve, reject) => {
      const rows = this.#dependent ? undefined : rowsOf(feeds);
      const key = rows === undefined ? `unbatched ${this.#unbatched++}` : batchKey(feeds, outputs);
      const call: Call = {
        feeds,
        outputs,
        report,
        rows: rows ?? Number.POSITIVE_INFINITY,
        at: performance.now(),
        resolve,
        reject,
      };
      const group = this.#waiting.get(key);
      if (group === undefined) this.#waiting.set(key, [call]);
      else group.push(call);
      this.#delay.arrived(call.at);
      this.#next();
    });
  }

  /** Starts what may start. */
  #next(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = performance.now();
    this.#refuseOld(now);
    while (this.#running < this.options.slots) {
      let soonest = Number.POSITIVE_INFINITY;
      let due: string | undefined;
      for (const [key, group] of this.#waiting) {
        const wait = this.#delay.wait(group.length, rowsIn(group), now - group[0]!.at);
        if (wait <= 0) {
          due = key;
          break;
        }
        soonest = Math.min(soonest, wait);
      }
      if (due === undefined) {
        if (Number.isFinite(soonest)) this.#timer = setTimeout(() => this.#next(), Math.ceil(soonest));
        return;
      }
      void this.#start(this.#take(due));
    }
    if (this.options.maxWaitMs !== undefined && this.#waiting.size > 0)
      this.#timer = setTimeout(() => this.#next(), this.options.maxWaitMs);
  }

  /** Takes as many calls of a group as fit into one batch; the rest moves to the end of the queue. */
  #take(key: string): Call[] {
    const group = this.#waiting.get(key)!;
    this.#waiting.delete(key);
    let rows = group[0]!.rows;
    let count = 1;
    while (count < group.length && rows + group[count]!.rows <= this.options.maxRows) rows += group[count++]!.rows;
    if (count < group.length) this.#waiting.set(key, group.splice(count));
    return group;
  }

  async #start(calls: readonly Call[]): Promise<void> {
    this.#running++;
    this.#delay.started(calls.length);
    const from = performance.now();
    for (const { report, at } of calls) if (report !== undefined) report.queue = from - at;
    try {
      if (calls.length === 1) await this.#each(calls);
      else await this.#together(calls);
    } finally {
      this.#running--;
      this.#delay.ended(calls.length, performance.now(), performance.now() - from);
      this.#next();
    }
  }

  async #together(calls: readonly Call[]): Promise<void> {
    let parts: Record<string, TensorData>[] | undefined;
    try {
      const outputs = await this.model.run(concatenate(calls.map(({ feeds }) => feeds)), calls[0]!.outputs);
      parts = split(
        outputs,
        calls.map(({ rows }) => rows),
      );
      if (parts === undefined || (this.#checks < BATCH_CHECKS && !(await this.#rowsAreIndependent(calls, parts)))) {
        parts = undefined;
        this.#dependent = true;
        this.options.onDependent?.();
      }
    } catch (error) {
      // A refusal concerns all requests of the batch; any other error may be caused by one of them.
      if (error instanceof ProtocolError) {
        for (const call of calls) call.reject(error);
        return;
      }
    }
    if (parts === undefined) return this.#each(calls);
    this.options.onRun?.(calls.length, rowsIn(calls));
    const batch = rowsIn(calls);
    for (const [i, { report, resolve }] of calls.entries()) {
      if (report !== undefined) report.batch = batch;
      resolve(parts[i]!);
    }
  }

  /** Whether requests give the same outputs by themselves as in the batch. */
  async #rowsAreIndependent(calls: readonly Call[], parts: readonly Tensors[]): Promise<boolean> {
    this.#checks++;
    for (const [i, { feeds, outputs }] of calls.slice(0, CHECKED_CALLS).entries())
      if (!agree(parts[i]!, await this.model.run(feeds, outputs))) return false;
    return true;
  }

  /** One after the other. */
  async #each(calls: readonly Call[]): Promise<void> {
    for (const { feeds, outputs, rows, resolve, reject } of calls)
      await this.model.run(feeds, outputs).then((result) => {
        this.options.onRun?.(1, Number.isFinite(rows) ? rows : 1);
        resolve(result);
      }, reject);
  }

  #refuseOld(now: number): void {
    const { maxWaitMs } = this.options;
    if (maxWaitMs === undefined) return;
    for (const [key, group] of this.#waiting) {
      const young = group.findIndex((call) => now - call.at < maxWaitMs);
      const old = group.splice(0, young === -1 ? group.length : young);
      if (group.length === 0) this.#waiting.delete(key);
      if (old.length > 0) this.#delay.left(old.length);
      for (const call of old) call.reject(waitedTooLong(maxWaitMs));
    }
  }
}

/** The error of a request for which no worker became free in time. */
export const waitedTooLong = (ms: number): ProtocolError =>
  new ProtocolError(503, `no worker was free within ${ms / 1000} s, try again later`, { retryAfterSeconds: 1 });

const rowsIn = (calls: readonly Call[]): number => calls.reduce((sum, call) => sum + call.rows, 0);
