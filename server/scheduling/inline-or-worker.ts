import { readFile } from 'node:fs/promises';
import type { TensorData } from '../../core/model/tensor.ts';
import type { RunReport } from '../../core/observability/observation.ts';
import { loadModel, type OnnxModel } from '../../platform/onnx/model.ts';
import type { ModelLoader } from '../../usecases/serving/loaded-version.ts';
import { batched } from '../batching/batcher.ts';
import { canBatch, rowsOf } from '../batching/tensors.ts';
import { type AdmissionLimit, byteSize } from '../lib/admission-limit.ts';
import type { WorkerPool } from '../workers/worker-pool.ts';
import { DurationEstimator, sizeOf } from './duration-estimator.ts';
import { hasRowsByShape, isPredictable, operatorsOf } from './graph-operators.ts';
import type { Pending } from './pending-requests.ts';

export interface InlineOrWorkerOptions {
  readonly pool: WorkerPool;
  /** Limits the runs that wait for workers. */
  readonly gate: AdmissionLimit;
  /** Counts the requests that wait for workers, by model. */
  readonly pending: Pending;
  /** Runs with at most this estimated duration are made in the process that answers; milliseconds. */
  readonly inlineMs: number;
  readonly maxWaitMs: number;
  /** Called after every run with its place, and the number of requests and rows in it. */
  readonly onRun?: (model: string, where: 'inline' | 'runner', requests: number, rows: number) => void;
  readonly log: (line: string) => void;
}

/** Largest file that is loaded in the process that answers: loading blocks it, and each process keeps a copy. */
const INLINE_FILE_BYTES = 8 * 1024 * 1024;

/**
 * Loads models so that each run is made in the cheaper place. A run with a short estimated duration is made in this
 * process, because passing it to a worker would cost more than the run itself. All others go to the workers through a
 * bounded queue, and are batched where the manifest says so.
 */
export const placedLoader =
  (options: InlineOrWorkerOptions): ModelLoader =>
  async (record, path) => {
    const { artifact, manifest, model: name, version } = record;
    const load = { digest: artifact.digest, threads: manifest.serving.threads };
    const operators = operatorsOf(await readFile(path));
    const predictable = isPredictable(operators);
    const loadRemote = (learn?: (size: number, ms: number) => void): Promise<OnnxModel> =>
      inWorkers(options, {
        name,
        version,
        path,
        load,
        batching: predictable && hasRowsByShape(operators) && manifest.serving.batching,
        learn,
      });
    if (!predictable || artifact.bytes > INLINE_FILE_BYTES) return loadRemote();
    return new InlineOrWorkerModel(await loadModel(path, load), loadRemote, options, name);
  };

interface RemoteModelOptions {
  readonly name: string;
  readonly version: number;
  readonly path: string;
  readonly load: { readonly digest: string; readonly threads: number };
  readonly batching: { readonly maxRows: number; readonly maxDelayMs: number } | undefined | false;
  /** Called with the size and duration of each run of a worker. */
  readonly learn: ((size: number, ms: number) => void) | undefined;
}

async function inWorkers(
  options: InlineOrWorkerOptions,
  { name, version, path, load, batching, learn }: RemoteModelOptions,
): Promise<OnnxModel> {
  const { pool, gate, pending, maxWaitMs, onRun, log } = options;
  const model = await pool.load(path, load, learn && ((feeds, ms) => learn(sizeOf(feeds), ms)));
  const runs =
    batching && canBatch(model.signature)
      ? batched(model, {
          ...batching,
          slots: pool.size,
          maxWaitMs,
          onRun: (requests, rows) => onRun?.(name, 'runner', requests, rows),
          onDependent: () =>
            log(`the rows of ${name} ${version} depend on each other: its requests are no longer put together`),
        })
      : counted(model, (rows) => onRun?.(name, 'runner', 1, rows));
  const count = pending.of(name, version);
  return {
    signature: model.signature,
    async run(feeds, outputs, report) {
      const bytes = byteSize(feeds);
      gate.acquire(bytes);
      count.add(1);
      try {
        return await runs.run(feeds, outputs, report);
      } finally {
        count.add(-1);
        gate.release(bytes);
      }
    },
    async release() {
      count.end();
      await model.release();
    },
  };
}

/** Calls `onRun` after every run that succeeds. */
const counted = (model: OnnxModel, onRun: (rows: number) => void): OnnxModel => ({
  signature: model.signature,
  async run(feeds, outputs, report) {
    const result = await model.run(feeds, outputs, report);
    onRun(rowsOf(feeds) ?? 1);
    return result;
  },
  release: () => model.release(),
});

/** What a graph sets up at its first run takes less. */
const INITIALISATION_MS = 200;

/** A model that is loaded in this process, and in the workers as soon as one of its runs is expected to be long. */
class InlineOrWorkerModel implements OnnxModel {
  readonly signature: OnnxModel['signature'];
  readonly #durations = new DurationEstimator();
  #remote: Promise<OnnxModel> | undefined;

  constructor(
    private readonly local: OnnxModel,
    private readonly load: (learn: (size: number, ms: number) => void) => Promise<OnnxModel>,
    private readonly options: Pick<InlineOrWorkerOptions, 'inlineMs' | 'onRun'>,
    private readonly name: string,
  ) {
    this.signature = local.signature;
  }

  async run(
    feeds: Record<string, TensorData>,
    outputs?: readonly string[],
    report?: RunReport,
  ): ReturnType<OnnxModel['run']> {
    const size = sizeOf(feeds);
    const expected = this.#durations.expect(size);
    if (expected === undefined) return this.#first(size, feeds, outputs);
    if (expected > this.options.inlineMs) {
      this.#remote ??= this.load((ran, ms) => this.#durations.learn(ran, ms)).catch((error) => {
        this.#remote = undefined;
        throw error;
      });
      return (await this.#remote).run(feeds, outputs, report);
    }
    const timed: RunReport = report ?? {};
    const result = await this.local.run(feeds, outputs, timed);
    this.#durations.learn(size, timed.run!);
    this.options.onRun?.(this.name, 'inline', 1, rowsOf(feeds) ?? 1);
    return result;
  }

  /**
   * The first run: of a row that the version was rehearsed on, else of a caller's. It is repeated when somewhat slow, so
   * that one-time initialisation does not count as the model's duration; not when it took longer than that does.
   */
  async #first(size: number, ...[feeds, outputs]: Parameters<OnnxModel['run']>): ReturnType<OnnxModel['run']> {
    let fastest = Number.POSITIVE_INFINITY;
    for (let times = 3; ; times--) {
      const timed: RunReport = {};
      const result = await this.local.run(feeds, outputs, timed);
      fastest = Math.min(fastest, timed.run!);
      const { inlineMs, onRun } = this.options;
      if (times > 1 && fastest > inlineMs && fastest < INITIALISATION_MS) continue;
      this.#durations.learn(size, fastest);
      onRun?.(this.name, 'inline', 1, rowsOf(feeds) ?? 1);
      return result;
    }
  }

  async release(): Promise<void> {
    await this.local.release();
    const remote = await this.#remote?.catch(() => undefined);
    await remote?.release();
  }
}
