import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Signature } from '../../core/model/signature.ts';
import { embed } from '../../core/onnx/embed.ts';
import { type ExternalTensor, type Inspection, inspectModel } from '../../core/onnx/inspect.ts';
import { faultsOf, RUNTIME } from '../../core/onnx/servable.ts';
import { ModelLoadError } from './errors.ts';
import { readSignature } from './model.ts';

/** A model file that ONNX Runtime opens here. */
export interface ExaminedModel {
  readonly signature: Signature;
  readonly inspection: Inspection;
  /** The model in one file: what it kept in others beside it is within it. Gone when the examination has ended. */
  readonly file: string;
}

/**
 * Looks at a model file before anything is done with it: whether it can be served, and what it takes and gives. What
 * it keeps in other files of its folder (as PyTorch exports do) is taken into it.
 *
 * @throws ModelLoadError with every reason why it cannot be served
 */
export async function withExamined<T>(file: string, use: (model: ExaminedModel) => Promise<T>): Promise<T> {
  const bytes = await readWhole(file);
  const found = inspected(file, bytes);
  if (found.external.length === 0) return use(await opened(file, file, found));
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'trimtab-whole-'));
  try {
    const whole = path.join(scratch, 'model.onnx');
    const embedded = embed(bytes, await readExternal(file, bytes.length, found.external));
    await writeFile(whole, embedded);
    return await use(await opened(file, whole, inspected(file, embedded)));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function opened(source: string, file: string, inspection: Inspection): Promise<ExaminedModel> {
  const faults = faultsOf(inspection);
  if (faults.length > 0) throw new ModelLoadError(`${source} cannot be served: ${faults.join('; ')}`);
  try {
    return { file, inspection, signature: await readSignature(file) };
  } catch (error) {
    const odd = [...inspection.elements].filter((element) => UNCOMPUTED.includes(element));
    if (odd.length === 0 || !(error instanceof ModelLoadError)) throw error;
    throw new ModelLoadError(
      `${error.message} (it has constants of ${odd.join(', ')}, which few operators take here: convert them to float32)`,
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

function inspected(file: string, bytes: Uint8Array): Inspection {
  try {
    return inspectModel(bytes);
  } catch (cause) {
    throw new ModelLoadError(`${file} is no ONNX model: ${(cause as Error).message}`, { cause });
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
