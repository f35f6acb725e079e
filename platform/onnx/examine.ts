import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Repair } from '../../core/model/repair.ts';
import type { Signature } from '../../core/model/signature.ts';
import { type ClassList, classListsOf } from '../../core/onnx/class-lists.ts';
import { embed } from '../../core/onnx/embed.ts';
import { type ExternalTensor, type Inspection, inspectModel } from '../../core/onnx/inspect.ts';
import { repairModel } from '../../core/onnx/repair.ts';
import { faultsOf, RUNTIME } from '../../core/onnx/servable.ts';
import { digestOf } from '../digest.ts';
import { ModelLoadError } from './errors.ts';
import { readSignature } from './model.ts';

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
}

/**
 * Looks at a model file before anything is done with it: whether it can be served, and what it takes and gives. What
 * it keeps in other files of its folder (as PyTorch exports do) is taken into it, and what can be repaired is.
 *
 * @throws ModelLoadError with every reason why it cannot be served
 */
export async function withExamined<T>(file: string, use: (model: ExaminedModel) => Promise<T>): Promise<T> {
  const bytes = await readWhole(file);
  const { external } = inspected(file, bytes);
  const whole = external.length === 0 ? bytes : embed(bytes, await readExternal(file, bytes.length, external));
  const { bytes: repaired, repairs } = repairModel(whole);
  const common = { given: digestOf(bytes), repairs, classes: () => classListsOf(whole) };
  if (repaired === bytes) return use({ ...common, ...(await opened(file, file, repaired)), unrepaired: file });
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'trimtab-whole-'));
  try {
    const keep = async (name: string, content: Uint8Array): Promise<string> => {
      await writeFile(path.join(scratch, name), content);
      return path.join(scratch, name);
    };
    const served = await keep('model.onnx', repaired);
    let unrepaired = whole === bytes ? file : served;
    if (whole !== bytes && repaired !== whole) unrepaired = await keep('unrepaired.onnx', whole);
    return await use({ ...common, ...(await opened(file, served, repaired)), unrepaired });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function opened(
  source: string,
  file: string,
  bytes: Uint8Array,
): Promise<Pick<ExaminedModel, 'file' | 'inspection' | 'signature'>> {
  const inspection = inspected(source, bytes);
  const faults = faultsOf(inspection);
  if (faults.length > 0) throw new ModelLoadError(`${source} cannot be served: ${faults.join('; ')}`);
  try {
    return { file, inspection, signature: await readSignature(file) };
  } catch (error) {
    if (!(error instanceof ModelLoadError)) throw error;
    // What is opened may be a copy of the file that people know.
    const message = error.message.replaceAll(file, source);
    const odd = [...inspection.elements].filter((element) => UNCOMPUTED.includes(element));
    if (odd.length === 0) throw new ModelLoadError(message, { cause: error });
    throw new ModelLoadError(
      `${message} (it has constants of ${odd.join(', ')}, which few operators take here: convert them to float32)`,
      { cause: error },
    );
  }
}

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
