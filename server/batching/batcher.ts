import type { TensorData } from '../../core/model/tensor.ts';
import type { RunReport } from '../../core/observability/observation.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import type { OnnxModel } from '../../platform/onnx/model.ts';
import { AdaptiveDelay } from './adaptive-delay.ts';
import { agree, batchKey, concatenate, rowsOf, split, type Tensors } from './tensors.ts';

export interface BatchingOptions {
  /** Most rows in one run. A request that has more of its own goes alone. */
  readonly maxRows: number;
  /** Longest that a request waits for others while a run could begin; milliseconds. */
  readonly maxDelayMs: number;
  /** Runs of the model that go at once. */
  readonly slots: number;
  /** A request that has waited longer for its run is refused with 503; milliseconds. @default without limit */
  readonly maxWaitMs?: number;
  /** Told of every run: how many requests and rows it put together. */
  readonly onRun?: (requests: number, rows: number) => void;
  /** Told once, when it turns out that the model's rows depend on each other; from then on every request goes alone. */
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

/** First runs of several requests whose answers are held against the same rows alone, and how many rows of each. */
const BATCH_CHECKS = 3;
const CHECKED_CALLS = 4;

/**
 * A model whose concurrent runs are put together along axis 0. Nobody waits while callers are few: what gathers while
 * the model is busy goes together, and a run waits for others, up to the bound, only as long as more callers are known
 * to be there. A run that fails is repeated request by request, so that one bad request fails alone.
 *
 * The rows of the model must not depend on each other. That is held against the truth with the first runs: where it is
 * not so, batching ends itself.
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
  /** Calls that wait, by what may go together; the first key is the one whose turn it is. */
  readonly #waiting = new Map<string, Call[]>();
  readonly #target: AdaptiveDelay;
  #running = 0;
  #alone = 0;
  #proofs = 0;
  #dependent = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly model: OnnxModel,
    private readonly options: BatchingOptions,
  ) {
    this.#target = new AdaptiveDelay(options);
  }

  run(feeds: Tensors, outputs?: readonly string[], report?: RunReport): Promise<Record<string, TensorData>> {
    return new Promise((resolve, reject) => {
      const rows = this.#dependent ? undefined : rowsOf(feeds);
      const fit = rows === undefined ? `alone ${this.#alone++}` : batchKey(feeds, outputs);
      const call: Call = {
        feeds,
        outputs,
        report,
        rows: rows ?? Number.POSITIVE_INFINITY,
        at: performance.now(),
        resolve,
        reject,
      };
      const group = this.#waiting.get(fit);
      if (group === undefined) this.#waiting.set(fit, [call]);
      else group.push(call);
      this.#target.arrived(call.at);
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
      for (const [fit, group] of this.#waiting) {
        const wait = this.#target.wait(group.length, rowsIn(group), now - group[0]!.at);
        if (wait <= 0) {
          due = fit;
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

  /** Takes as many calls of a group as fit into a run; the rest goes to the end of the line. */
  #take(fit: string): Call[] {
    const group = this.#waiting.get(fit)!;
    this.#waiting.delete(fit);
    let rows = group[0]!.rows;
    let count = 1;
    while (count < group.length && rows + group[count]!.rows <= this.options.maxRows) rows += group[count++]!.rows;
    if (count < group.length) this.#waiting.set(fit, group.splice(count));
    return group;
  }

  async #start(calls: readonly Call[]): Promise<void> {
    this.#running++;
    this.#target.started(calls.length);
    const from = performance.now();
    for (const { report, at } of calls) if (report !== undefined) report.queue = from - at;
    try {
      if (calls.length === 1) await this.#each(calls);
      else await this.#together(calls);
    } finally {
      this.#running--;
      this.#target.ended(calls.length, performance.now(), performance.now() - from);
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
      if (parts === undefined || (this.#proofs < BATCH_CHECKS && !(await this.#proven(calls, parts)))) {
        parts = undefined;
        this.#dependent = true;
        this.options.onDependent?.();
      }
    } catch (error) {
      // A refusal holds for each of them as well; anything else may be the fault of one.
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

  /** Whether rows give the same alone as together. */
  async #proven(calls: readonly Call[], parts: readonly Tensors[]): Promise<boolean> {
    this.#proofs++;
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
    for (const [fit, group] of this.#waiting) {
      const young = group.findIndex((call) => now - call.at < maxWaitMs);
      const old = group.splice(0, young === -1 ? group.length : young);
      if (group.length === 0) this.#waiting.delete(fit);
      if (old.length > 0) this.#target.left(old.length);
      for (const call of old) call.reject(waitedTooLong(maxWaitMs));
    }
  }
}

/** Nobody had a worker free for a request in time. */
export const waitedTooLong = (ms: number): ProtocolError =>
  new ProtocolError(503, `no worker was free within ${ms / 1000} s, try again later`, { retryAfterSeconds: 1 });

const rowsIn = (calls: readonly Call[]): number => calls.reduce((sum, call) => sum + call.rows, 0);
