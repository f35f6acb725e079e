import { type Signature, TENSOR_TYPES, type TensorSpec, type TensorType } from '../../core/model/signature.ts';
import type { TensorData, TensorValues } from '../../core/model/tensor.ts';
import type { RunReport } from '../../core/observability/observation.ts';
import { checkModelFile } from './checked-file.ts';
import { FeedError, FeedSizeError, ModelLoadError, ModelLostError, RunError } from './errors.ts';
import { runPerTick } from './run-scheduler.ts';
import { Tensor } from './runtime.ts';
import { type DeclaredTensor, Session } from './session.ts';

/** A model in memory. */
export interface OnnxModel {
  /** Read from the graph; outputs that are no tensors (scikit-learn's ZipMap) are left out. */
  readonly signature: Signature;
  /**
   * Runs the model. It blocks the thread while it computes.
   *
   * @param feeds one tensor for each input of the signature
   * @param outputs names of the outputs wanted; all by default
   * @param report filled in with how it went
   * @throws FeedError when ONNX Runtime says that the feeds are at fault
   * @throws FeedSizeError when there is no memory for so many rows, or for such sizes
   * @throws RunError when a node of the graph fails on them, but not for want of memory
   * @throws ModelLostError when there is no memory for a run whose size nobody chose
   */
  run(
    feeds: Record<string, TensorData>,
    outputs?: readonly string[],
    report?: RunReport,
  ): Promise<Record<string, TensorData>>;
  /** Why its runs are refused for a while; undefined while they are made, and where nobody bounds them. */
  pause?(): RunPause | undefined;
  /**
   * Opens a part of its graph, within the bounds that it has itself. @default in this process
   *
   * @param content the part as a file
   * @throws ModelLoadError
   */
  part?(content: Uint8Array): Promise<OnnxModel>;
  /** Frees the memory; nothing may run afterwards. */
  release(): Promise<void>;
}

/** Runs of a model are refused, because earlier ones had to be ended. */
export interface RunPause {
  readonly reason: string;
  /** How many runs in a row had to be ended. */
  readonly failures: number;
  /** When the next is let through; 0 when it is by now. */
  readonly retryInSeconds: number;
}

export interface LoadOptions {
  /** SHA-256 that the file must have. Damaged models often load and answer nonsense, so it is checked first. */
  readonly digest: string;
  /** Threads within one run. @default 1 */
  readonly threads?: number;
}

/**
 * Loads a model from a file.
 *
 * @throws DigestMismatchError when the file is not the one expected; nothing of it is loaded
 * @throws ModelLoadError when ONNX Runtime refuses it
 */
export async function loadModel(path: string, options: LoadOptions): Promise<OnnxModel> {
  await checkModelFile(path, options.digest);
  return modelOf(openSession(path, options.threads ?? 1));
}

/**
 * Loads a model that was made in memory, such as a part of another one. Its text is not held against anything.
 *
 * @param name what it is, for messages
 * @throws ModelLoadError when ONNX Runtime refuses it
 */
export async function loadModelBytes(name: string, bytes: Uint8Array, threads = 1): Promise<OnnxModel> {
  return modelOf(openSession(name, threads, bytes));
}

/** Reads what a graph takes and gives. @throws ModelLoadError */
export async function readSignature(path: string): Promise<Signature> {
  const session = openSession(path, 1);
  try {
    return signatureOf(session);
  } finally {
    session.release();
  }
}

/** The defaults count physical cores and spin while they wait, both wrong in a container that owns a part of one. */
function openSession(path: string, threads: number, bytes?: Uint8Array): Session {
  try {
    return new Session(bytes ?? path, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // Whatever goes wrong is thrown, and written down by who catches it; ONNX Runtime's own log would repeat it.
      logSeverityLevel: 4,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  } catch (cause) {
    throw new ModelLoadError(`${path} cannot be loaded: ${messageOf(cause)}`, { cause });
  }
}

function signatureOf(session: Session): Signature {
  const inputs = session.inputs.map((declared) => {
    const spec = specOf(declared);
    if (spec === undefined) throw new ModelLoadError(`input ${declared.name} is not a tensor of a supported type`);
    return spec;
  });
  const outputs = session.outputs.map(specOf).filter((spec) => spec !== undefined);
  if (inputs.length === 0 || outputs.length === 0)
    throw new ModelLoadError(
      `the graph has ${inputs.length} inputs and ${outputs.length} tensor outputs, expected some of each`,
    );
  return { inputs, outputs };
}

function specOf({ name, type, shape }: DeclaredTensor): TensorSpec | undefined {
  if (!(TENSOR_TYPES as readonly (string | undefined)[]).includes(type)) return undefined;
  return { name, type: type as TensorType, shape: [...shape] };
}

function modelOf(session: Session): OnnxModel {
  const signature = signatureOf(session);
  const all = fetchable(signature.outputs.map(({ name }) => name));
  return {
    signature,
    async run(feeds, outputs, report) {
      const tensors: Record<string, Tensor> = {};
      for (const { name } of signature.inputs) {
        const feed = feeds[name];
        if (feed === undefined) throw new FeedError(`input ${name} is missing`);
        tensors[name] = new Tensor(feed.type, feed.data, feed.shape);
      }
      const fetches = outputs === undefined ? all : fetchesOf(outputs, all);
      const asked = performance.now();
      let waits = false;
      const run = (): Record<string, Tensor> => {
        const from = performance.now();
        const given = session.run(tensors, fetches);
        if (report !== undefined) {
          report.run = performance.now() - from;
          if (waits) report.queue = from - asked;
        }
        return given;
      };
      let results: Record<string, Tensor>;
      try {
        const given = runPerTick(run);
        // Unknown to a run that was made at once.
        waits = true;
        results = await given;
      } catch (cause) {
        if (isFeedError(cause)) throw new FeedError(feedMessage(cause), { cause });
        if (isMemoryError(cause)) throw memoryErrorOf(cause, signature, feeds);
        if (isNodeError(cause) && hasChosenSizes(signature, feeds))
          throw new FeedError(`the model cannot run on inputs of these shapes: ${shapesOf(feeds)}`, { cause });
        if (isNodeError(cause)) throw new RunError(messageOf(cause), { cause });
        throw cause;
      }
      const read: Record<string, TensorData> = {};
      for (const name in fetches) {
        const { type, dims, data } = results[name]!;
        read[name] = { type: type as TensorType, shape: dims, data: data as TensorValues };
      }
      return read;
    },
    release: async () => session.release(),
  };
}

/** A key for every output that is wanted. */
type Fetches = Readonly<Record<string, null>>;

/** @throws RangeError for an output that the graph does not have, which the binding would leave out without a word */
function fetchesOf(outputs: readonly string[], all: Fetches): Fetches {
  const unknown = outputs.find((name) => !Object.hasOwn(all, name));
  if (unknown !== undefined)
    throw new RangeError(`the graph has no output ${unknown}, it has ${Object.keys(all).join(', ')}`);
  return fetchable(outputs);
}

/** Without a prototype: the runtime would take what every object has for a tensor to write into. */
const fetchable = (names: readonly string[]): Fetches =>
  Object.assign(Object.create(null), Object.fromEntries(names.map((name) => [name, null])));

/** ONNX Runtime's errors carry no code; these texts are the caller's fault. */
const FEED_FAULTS = [
  "is missing in 'feeds'",
  'Unexpected input data type',
  'Invalid rank for input',
  'Got invalid dimensions for input',
];

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const isFeedError = (error: unknown): boolean => FEED_FAULTS.some((text) => messageOf(error).includes(text));
/** Whether a node failed on what came to it, given that it has not failed for want of memory. */
const isNodeError = (error: unknown): boolean => messageOf(error).includes('while running');
const isMemoryError = (error: unknown): boolean =>
  /bad.?alloc|failed to allocate|allocation failed|out of memory|bad_array_new_length/i.test(messageOf(error));

/** Whose fault it is that there is no memory for a run: of whoever chose its size, else of the model. */
function memoryErrorOf(cause: unknown, signature: Signature, feeds: Record<string, TensorData>): Error {
  const several = signature.inputs.some(({ name, shape }) => shape[0] === -1 && feeds[name]!.shape[0]! > 1);
  if (several || hasChosenSizes(signature, feeds))
    return new FeedSizeError(
      `the model needs more memory than there is for inputs of these shapes: ${shapesOf(feeds)}`,
      { cause },
    );
  return new ModelLostError('a run of it needs more memory than there is', 'memory', { cause });
}

/**
 * Whether a run may have failed for the sizes that the caller chose, beyond the number of rows: nodes say so in as many
 * ways as there are nodes. A graph that leaves no such choice has failed by itself.
 */
function hasChosenSizes(signature: Signature, feeds: Record<string, TensorData>): boolean {
  const rows = signature.inputs.filter(({ shape }) => shape[0] === -1).map(({ name }) => feeds[name]!.shape[0]);
  return (
    rows.some((count) => count !== rows[0]) ||
    signature.inputs.some(({ shape }) => shape.length === 0 || shape.some((size, axis) => axis > 0 && size === -1))
  );
}

const shapesOf = (feeds: Record<string, TensorData>): string =>
  Object.entries(feeds)
    .map(([name, { shape }]) => `${name} [${shape}]`)
    .join(', ');

/** The first line, without the source location that ONNX Runtime puts in front. */
const feedMessage = (error: unknown): string =>
  messageOf(error)
    .split('\n')[0]!
    .replace(/^.*?(?=Invalid|Got|Unexpected|input )/, '');
