import { readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Repair } from '../../core/model/repair.ts';
import type { Signature } from '../../core/model/signature.ts';
import { type ClassList, classListsOf } from '../../core/onnx/class-lists.ts';
import { embed } from '../../core/onnx/embed.ts';
import { type ExternalTensor, type Inspection, inspectModel } from '../../core/onnx/inspect.ts';
import { repairModel } from '../../core/onnx/repair.ts';
import { faultsOf, RUNTIME } from '../../core/onnx/servable.ts';
import { digestOf } from '../digest.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { ModelLoadError, ModelLostError } from './errors.ts';
import type { OnnxModel } from './model.ts';
import { IsolatedProcess } from './worker/isolated-model.ts';
import { mostMemoryMb } from './worker/memory-limit.ts';
import { workerEntry } from './worker/worker-entry.ts';

/** What the process may take in which a graph is opened and run. */
export interface ExaminationLimits {
  /** How long the graph may take to open, and each run of it; seconds. @default 30 */
  readonly seconds?: number | undefined;
  /** How much memory its process may take; MB. @default what the largest function has, or most of this machine's */
  readonly memoryMb?: number | undefined;
}

/** A graph that was opened; it is released by whoever opened it. */
export type OpenedModel = Pick<OnnxModel, 'run'>;

/** A model file that ONNX Runtime opens here. */
export interface ExaminedModel {
  readonly signature: Signature;
  readonly inspection: Inspection;
  /**
   * The model as it is served: in one file, with what it kept in others beside it, and repaired. Gone when the
   * examination has ended.
   */
  readonly file: string;
  /** The same before it was repaired. */
  readonly unrepaired: string;
  /** SHA-256 of the file that was given. */
  readonly given: string;
  /** What was done to it so that it can be served; none for most models. */
  readonly repairs: readonly Repair[];
  /** The classes that the graph itself names, by output. */
  readonly classes: () => ReadonlyMap<string, ClassList>;
  /**
   * The model, to be run, in the process that it was examined in, which ends with the examination.
   *
   * @param threads within one run @default 1
   * @throws ModelLoadError
   */
  readonly open: (threads?: number) => Promise<OpenedModel>;
}

const SECONDS = 30;

/**
 * Looks at a model file before anything is done with it: whether it can be served, and what it takes and gives. What
 * it keeps in other files of its folder (as PyTorch exports do) is taken into it, and what can be repaired is. ONNX
 * Runtime opens it in a process of its own, for it computes what is constant while it does: what hangs, crashes or
 * takes all memory takes nothing else along.
 *
 * @throws ModelLoadError with every reason why it cannot be served
 */
export async function withExamined<T>(
  file: string,
  use: (model: ExaminedModel) => Promise<T>,
  limits: ExaminationLimits = {},
): Promise<T> {
  const bytes = await readWhole(file);
  const { external } = inspected(file, bytes);
  const whole = external.length === 0 ? bytes : embed(bytes, await readExternal(file, bytes.length, external));
  const { bytes: repaired, repairs } = repairModel(whole);
  const common = { given: digestOf(bytes), repairs, classes: () => classListsOf(whole) };
  if (repaired === bytes)
    return withOpened({ source: file, file, bytes }, limits, (opened) =>
      use({ ...common, ...opened, unrepaired: file }),
    );
  const scratch = await makeTemporaryFolder('whole');
  try {
    const keep = async (name: string, content: Uint8Array): Promise<string> => {
      await writeFile(path.join(scratch, name), content);
      return path.join(scratch, name);
    };
    const served = await keep('model.onnx', repaired);
    let unrepaired = whole === bytes ? file : served;
    if (whole !== bytes && repaired !== whole) unrepaired = await keep('unrepaired.onnx', whole);
    return await withOpened({ source: file, file: served, bytes: repaired }, limits, (opened) =>
      use({ ...common, ...opened, unrepaired }),
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface ServedFile {
  /** The file that people know. */
  readonly source: string;
  /** What is opened: that, or a copy. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

async function withOpened<T>(
  served: ServedFile,
  { seconds = SECONDS, memoryMb = mostMemoryMb() }: ExaminationLimits,
  use: (opened: Pick<ExaminedModel, 'file' | 'inspection' | 'signature' | 'open'>) => Promise<T>,
): Promise<T> {
  const { source, file, bytes } = served;
  const inspection = inspected(source, bytes);
  const faults = faultsOf(inspection);
  if (faults.length > 0) throw new ModelLoadError(`${source} cannot be served: ${faults.join('; ')}`);
  // Where the package has to fetch ONNX Runtime first, that takes longer than a process may to start.
  await import('./runtime.ts');
  const timeoutMs = 1_000 * seconds;
  const own = new IsolatedProcess({ entry: workerEntry(), timeoutMs, loadTimeoutMs: timeoutMs, memoryMb });
  try {
    const digest = digestOf(bytes);
    let current = {
      threads: 1,
      model: await own.load(file, { digest, threads: 1 }).catch(refused(served, inspection)),
    };
    const open = async (threads = 1): Promise<OpenedModel> => {
      if (threads !== current.threads) {
        await current.model.release();
        current = { threads, model: await own.load(file, { digest, threads }).catch(refused(served, inspection)) };
      }
      return current.model;
    };
    return await use({ file, inspection, signature: current.model.signature, open });
  } finally {
    own.end();
  }
}

/** Says why a graph cannot be opened in terms of the file that people know. */
const refused =
  ({ source, file }: ServedFile, { elements }: Inspection) =>
  (error: unknown): never => {
    if (error instanceof ModelLostError)
      throw new ModelLoadError(
        `${source} does not survive being opened, when ONNX Runtime computes what is constant in it: ${error.message}`,
        { cause: error },
      );
    if (!(error instanceof ModelLoadError)) throw error;
    const message = error.message
      .replaceAll(file, source)
      .replace('std::bad_alloc', 'there is no memory for what it computes of its constants (std::bad_alloc)');
    const odd = [...elements].filter((element) => UNCOMPUTED.includes(element));
    if (odd.length === 0) throw new ModelLoadError(message, { cause: error });
    throw new ModelLoadError(
      `${message} (it has constants of ${odd.join(', ')}, which few operators take here: convert them to float32)`,
      { cause: error },
    );
  };

/** Element types that ONNX Runtime reads on a CPU, but computes little with. */
const UNCOMPUTED = ['bfloat16', 'int4', 'uint4', 'float8e4m3fn', 'float8e5m2', 'float4e2m1'];

async function readWhole(file: string): Promise<Uint8Array> {
  const size = (await stat(file)).size;
  if (size > RUNTIME.bytes)
    throw new ModelLoadError(`${file} has ${size} bytes, at most ${RUNTIME.bytes} are allowed in one model`);
  return readFile(file);
}

/** Whether a file begins with lines of text, as data and source do. */
function isText(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, 512);
  return start.length > 0 && start.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
}

function inspected(file: string, bytes: Uint8Array): Inspection {
  try {
    return inspectModel(bytes);
  } catch (cause) {
    const text = isText(bytes) ? 'it is a file of text; a model is exported as .onnx' : undefined;
    throw new ModelLoadError(`${file} is no ONNX model: ${text ?? (cause as Error).message}`, { cause });
  }
}

/** Reads the files that a model names. They must be within its folder, links followed. */
async function readExternal(
  model: string,
  size: number,
  tensors: readonly ExternalTensor[],
): Promise<(tensor: ExternalTensor) => Uint8Array> {
  const folder = await realpath(path.dirname(model));
  const files = new Map<string, Uint8Array>();
  let total = size;
  for (const { location } of tensors) {
    if (files.has(location)) continue;
    const bytes = await readBeside(model, folder, location, RUNTIME.bytes - total);
    total += bytes.length;
    files.set(location, bytes);
  }
  return ({ tensor, location, offset, length }) => {
    const bytes = files.get(location)!;
    const end = length === undefined ? bytes.length : offset + length;
    if (offset > bytes.length || end > bytes.length)
      throw new ModelLoadError(
        `${model} keeps ${tensor} at bytes ${offset} to ${end} of ${location}, which has ${bytes.length}`,
      );
    return bytes.subarray(offset, end);
  };
}

async function readBeside(model: string, folder: string, location: string, most: number): Promise<Uint8Array> {
  const refuse = (why: string): never => {
    throw new ModelLoadError(`${model} keeps constants in the file '${location}', ${why}`);
  };
  if (location === '' || location.includes('\0')) refuse('which is no name of a file');
  if (path.isAbsolute(location)) refuse('expected a path within its own folder');
  const file = await realpath(path.join(folder, location)).catch(() => refuse('which is not there'));
  if (!file.startsWith(folder + path.sep)) refuse('which is outside of its own folder');
  const found = await stat(file);
  if (!found.isFile()) refuse('which is no file');
  if (found.size > most) refuse(`with which it has more than ${RUNTIME.bytes} bytes, the most that one model may have`);
  return readFile(file);
}
