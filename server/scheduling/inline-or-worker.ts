import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TensorData } from '../../core/model/tensor.ts';
import type { RunReport } from '../../core/observability/observation.ts';
import { digestOf } from '../../platform/digest.ts';
import { ModelLostError } from '../../platform/onnx/errors.ts';
import { loadModel, type OnnxModel, type RunPause } from '../../platform/onnx/model.ts';
import { makeTemporaryFolder } from '../../platform/temporary-folder.ts';
import type { ModelLoader } from '../../usecases/serving/loaded-version.ts';
import { tensorsOf } from '../../usecases/serving/rehearsed.ts';
import { batched } from '../batching/batcher.ts';
import { canBatch, rowsOf } from '../batching/tensors.ts';
import { byteSize } from '../lib/admission-limit.ts';
import type { ModelSource } from '../workers/pooled-model.ts';
import { QUICK_LOAD_MS, type WorkerModelHandle, type WorkerPool } from '../workers/worker-pool.ts';
import { DurationEstimator, sizeOf } from './duration-estimator.ts';
import { hasRowsByShape, isPredictable, operatorsOf } from './graph-operators.ts';
import { ModelShare, type ModelShareOptions } from './model-share.ts';
import type { Pending } from './pending-requests.ts';

export interface InlineOrWorkerOptions {
  readonly pool: WorkerPool;
  /** Limits the runs that wait for workers. */
  readonly queue: ModelShareOptions;
  /** Counts the requests that wait for workers, by model. */
  readonly pending: Pending;
  /** Runs with at most this estimated duration are made in the process that answers; milliseconds. */
  readonly inlineMs: number;
  readonly maxWaitMs: number;
  /** Called after every run with its place, and the number of requests and rows in it. */
  readonly onRun?: (model: string, where: 'inline' | 'runner', requests: number, rows: number) => void;
  readonly log: (line: string) => void;
}

/** Largest file that is loaded in the process that answers: each process keeps a copy. */
const INLINE_FILE_BYTES = 8 * 1024 * 1024;

/**
 * Loads models so that each run is made in the cheaper place. A version is loaded, and run on a row of its rehearsal, by
 * a worker first: only what has loaded quickly there is loaded in the process that answers, and only for runs whose
 * estimated duration is short, because passing them to a worker would cost more than they do. All others go to the
 * workers through a bounded queue, and are batched where the manifest says so.
 */
export const placedLoader =
  (options: InlineOrWorkerOptions): ModelLoader =>
  async ({ artifact, manifest, model: name, version }, path, rehearsal) => {
    const { batching, threads } = manifest.serving;
    const first = rehearsal?.kept[0];
    const source = { name, version, path, digest: artifact.digest, threads };
    return place(options, source, { batching, sample: first && tensorsOf(first.inputs) });
  };

interface PlaceOptions {
  readonly batching?: { readonly maxRows: number; readonly maxDelayMs: number } | undefined;
  /** A row to find out by how long runs take. */
  readonly sample?: Record<string, TensorData> | undefined;
}

async function place(
  options: InlineOrWorkerOptions,
  source: ModelSource,
  { batching, sample }: PlaceOptions = {},
): Promise<OnnxModel> {
  const { path } = source;
  const durations = new DurationEstimator();
  const pooled = await options.pool.load(source, { sample, onRun: (feeds, ms) => durations.learn(sizeOf(feeds), ms) });
  try {
    // Its digest was just found to be right.
    const bytes = await readFile(path);
    const operators = operatorsOf(bytes);
    const predictable = isPredictable(operators);
    const remote = inWorkers(options, pooled, {
      ...source,
      batching: predictable && hasRowsByShape(operators) && batching,
    });
    const part: OnnxModel['part'] = (content) => placePart(options, source, content);
    const inline = predictable && bytes.length <= INLINE_FILE_BYTES && pooled.loadMs <= QUICK_LOAD_MS;
    if (!inline) {
      await pooled.warm();
      return { ...remote, part };
    }
    const model = new InlineOrWorkerModel(remote, () => loadModel(path, source), {
      ...options,
      ...source,
      durations,
      part,
    });
    await model.prepare(sample);
    return model;
  } catch (error) {
    await pooled.release();
    throw error;
  }
}

/** Opens a part of a model as the model itself: by a worker first, within the same limits. */
async function placePart(options: InlineOrWorkerOptions, whole: ModelSource, content: Uint8Array): Promise<OnnxModel> {
  const folder = await makeTemporaryFolder('part');
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'part.onnx');
    await writeFile(path, content);
    const model = await place(options, { ...whole, path, digest: digestOf(content) });
    return {
      signature: model.signature,
      run: (feeds, outputs, report) => model.run(feeds, outputs, report),
      release: async () => {
        await model.release();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface RemoteModelOptions {
  readonly name: string;
  readonly version: number;
  readonly batching: { readonly maxRows: number; readonly maxDelayMs: number } | undefined | false;
}

function inWorkers(
  options: InlineOrWorkerOptions,
  model: WorkerModelHandle,
  { name, version, batching }: RemoteModelOptions,
): WorkerModelHandle {
  const { pool, queue, pending, maxWaitMs, onRun, log } = options;
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
  const share = new ModelShare(name, queue);
  return {
    ...model,
    async run(feeds, outputs, report) {
      const bytes = byteSize(feeds);
      share.acquire(bytes);
      count.add(1);
      try {
        return await runs.run(feeds, outputs, report);
      } finally {
        count.add(-1);
        share.release(bytes);
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

interface PlacementOptions extends Pick<InlineOrWorkerOptions, 'inlineMs' | 'onRun'> {
  /** What is known of how long its runs take, wherever they were made. */
  readonly durations: DurationEstimator;
  readonly name: string;
  readonly part: OnnxModel['part'];
}

/** A model whose short runs are made in this process, where it is loaded as soon as there are any, and all others by workers. */
class InlineOrWorkerModel implements OnnxModel {
  readonly signature: OnnxModel['signature'];
  #loading: Promise<OnnxModel> | undefined;
  #local: OnnxModel | undefined;

  constructor(
    private readonly remote: WorkerModelHandle,
    private readonly load: () => Promise<OnnxModel>,
    private readonly options: PlacementOptions,
  ) {
    this.signature = remote.signature;
  }

  /** Loads it where runs such as this will be made; of a model that was not rehearsed nobody knows yet. */
  async prepare(sample: Record<string, TensorData> | undefined): Promise<void> {
    const expected = sample && this.options.durations.expect(sizeOf(sample));
    if (expected === undefined || expected <= this.options.inlineMs) await this.#here();
    else await this.remote.warm();
  }

  async run(
    feeds: Record<string, TensorData>,
    outputs?: readonly string[],
    report?: RunReport,
  ): ReturnType<OnnxModel['run']> {
    const { durations, inlineMs, onRun, name } = this.options;
    const size = sizeOf(feeds);
    const expected = durations.expect(size);
    // Nobody knows how long a first run takes: it is made where nothing else waits for it.
    if (expected === undefined || expected > inlineMs) return this.remote.run(feeds, outputs, report);
    const timed: RunReport = report ?? {};
    const local = this.#local ?? (await this.#here());
    let result: Awaited<ReturnType<OnnxModel['run']>>;
    try {
      result = await local.run(feeds, outputs, timed);
    } catch (error) {
      // A worker has limits and pauses; this process has neither.
      if (error instanceof ModelLostError) return this.remote.run(feeds, outputs, report);
      throw error;
    }
    durations.learn(size, timed.run!);
    onRun?.(name, 'inline', 1, rowsOf(feeds) ?? 1);
    return result;
  }

  part(content: Uint8Array): Promise<OnnxModel> {
    return this.options.part!(content);
  }

  pause(): RunPause | undefined {
    return this.remote.pause();
  }

  async release(): Promise<void> {
    const local = await this.#loading?.catch(() => undefined);
    await local?.release();
    await this.remote.release();
  }

  #here(): Promise<OnnxModel> {
    this.#loading ??= this.load().then(
      (model) => {
        this.#local = model;
        return model;
      },
      (error) => {
        this.#loading = undefined;
        throw error;
      },
    );
    return this.#loading;
  }
}
