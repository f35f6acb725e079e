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
import { isPredictable, operatorsOf } from './graph-operators.ts';
import type { Pending } from './pending-requests.ts';

export interface InlineOrWorkerOptions {
  readonly pool: WorkerPool;
  /** Bounds what waits for workers. */
  readonly gate: AdmissionLimit;
  /** Counts by model what waits for workers. */
  readonly pending: Pending;
  /** A run that is expected to take no longer is made at once, in the process that answers; milliseconds. */
  readonly inlineMs: number;
  readonly maxWaitMs: number;
  /** Told of every run: where, how many requests and rows it put together. */
  readonly onRun?: (model: string, where: 'inline' | 'runner', requests: number, rows: number) => void;
  readonly log: (line: string) => void;
}

/** Largest file that is opened in the process that answers: opening it blocks, and each process keeps a copy. */
const INLINE_FILE_BYTES = 8 * 1024 * 1024;

/**
 * Loads models for the server: a run that is known to be short is made where it came in, for going elsewhere would cost
 * more than the run; every other run goes to the workers, by way of a bounded queue, and put together with others where
 * the manifest asks for that.
 */
export const placedLoader =
  (options: InlineOrWorkerOptions): ModelLoader =>
  async (record, path) => {
    const { artifact, manifest, model: name, version } = record;
    const load = { digest: artifact.digest, threads: manifest.serving.threads };
    const predictable = isPredictable(operatorsOf(await readFile(path)));
    const away = (learn?: (size: number, ms: number) => void): Promise<OnnxModel> =>
      inWorkers(options, {
        name,
        version,
        path,
        load,
        batching: predictable && manifest.serving.batching,
        learn,
      });
    if (!predictable || artifact.bytes > INLINE_FILE_BYTES) return away();
    return new InlineOrWorkerModel(await loadModel(path, load), away, options, name);
  };

interface RemoteModelOptions {
  readonly name: string;
  readonly version: number;
  readonly path: string;
  readonly load: { readonly digest: string; readonly threads: number };
  readonly batching: { readonly maxRows: number; readonly maxDelayMs: number } | undefined | false;
  /** Told how long runs take there. */
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

/** Tells of every run that succeeds. */
const counted = (model: OnnxModel, onRun: (rows: number) => void): OnnxModel => ({
  signature: model.signature,
  async run(feeds, outputs, report) {
    const result = await model.run(feeds, outputs, report);
    onRun(rowsOf(feeds) ?? 1);
    return result;
  },
  release: () => model.release(),
});

/** A model that is in this process, and in the workers as soon as a run is expected to be long. */
class InlineOrWorkerModel implements OnnxModel {
  readonly signature: OnnxModel['signature'];
  readonly #pace = new DurationEstimator();
  #away: Promise<OnnxModel> | undefined;

  constructor(
    private readonly here: OnnxModel,
    private readonly load: (learn: (size: number, ms: number) => void) => Promise<OnnxModel>,
    private readonly options: Pick<InlineOrWorkerOptions, 'inlineMs' | 'onRun'>,
    private readonly name: string,
  ) {
    this.signature = here.signature;
  }

  async run(
    feeds: Record<string, TensorData>,
    outputs?: readonly string[],
    report?: RunReport,
  ): ReturnType<OnnxModel['run']> {
    const size = sizeOf(feeds);
    const expected = this.#pace.expect(size);
    if (expected === undefined) return this.#first(size, feeds, outputs);
    if (expected > this.options.inlineMs) {
      this.#away ??= this.load((ran, ms) => this.#pace.learn(ran, ms)).catch((error) => {
        this.#away = undefined;
        throw error;
      });
      return (await this.#away).run(feeds, outputs, report);
    }
    const told: RunReport = report ?? {};
    const result = await this.here.run(feeds, outputs, told);
    this.#pace.learn(size, told.run!);
    this.options.onRun?.(this.name, 'inline', 1, rowsOf(feeds) ?? 1);
    return result;
  }

  /** The warming up, before there is any traffic: what is built lazily must not be taken for the model's pace. */
  async #first(size: number, ...[feeds, outputs]: Parameters<OnnxModel['run']>): ReturnType<OnnxModel['run']> {
    let fastest = Number.POSITIVE_INFINITY;
    for (let times = 3; ; times--) {
      const told: RunReport = {};
      const result = await this.here.run(feeds, outputs, told);
      fastest = Math.min(fastest, told.run!);
      if (times > 1 && fastest > this.options.inlineMs) continue;
      this.#pace.learn(size, fastest);
      return result;
    }
  }

  async release(): Promise<void> {
    await this.here.release();
    const away = await this.#away?.catch(() => undefined);
    await away?.release();
  }
}
