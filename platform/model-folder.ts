import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { type CompiledContract, compileCheck } from '../core/contract/check.ts';
import { safeParse } from '../core/errors/safe-parse.ts';
import { guardsProblem } from '../core/guards/validate-guards.ts';
import { Manifest } from '../core/manifest/manifest.ts';
import { qualityProblem } from '../core/manifest/validate-quality.ts';
import { externalSignature } from '../core/model/preprocess.ts';
import type { Signature } from '../core/model/signature.ts';
import { withoutPersonal } from '../core/privacy/without-personal.ts';
import { Baseline } from '../core/profile/profile.ts';
import { LostDigitsError, parseDocument } from '../core/protocols/formats/document.ts';
import { PlatformError } from './errors.ts';

/** Files of a model folder. Only the model and the manifest must be there. */
export const MODEL_FILES = {
  model: 'model.onnx',
  manifest: 'model.json',
  baseline: 'baseline.json',
  metrics: 'metrics.json',
  card: 'MODEL_CARD.md',
  /** Real requests, a line each, that a version is rehearsed on where its baseline keeps no rows. */
  example: 'example.jsonl',
} as const;

/** A file of a model folder is missing or not what it should be; the message names the file and the fault. */
export class ModelFolderError extends PlatformError {
  override readonly name = 'ModelFolderError';
  constructor(
    readonly file: string,
    readonly fault: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${fault}`, options);
  }
}

export interface ModelFolder {
  readonly path: string;
  readonly modelFile: string;
  readonly manifest: Manifest;
  /** What is kept of the file: its own bytes, or those without the contract's personal columns; and what they say. */
  readonly baseline?: { readonly bytes: Uint8Array; readonly value: Baseline };
  readonly metrics: Record<string, unknown>;
  readonly card?: Uint8Array;
}

/**
 * Reads a model folder, and holds its manifest against what the graph takes and gives: a version that could never
 * answer is not worth registering.
 *
 * @throws ModelFolderError
 */
export async function readModelFolder(
  folder: string,
  signature: Signature,
  modelFile = path.join(folder, MODEL_FILES.model),
): Promise<ModelFolder> {
  const at = (name: string): string => path.join(folder, name);
  const model = await stat(modelFile).catch(() => undefined);
  if (!model?.isFile()) throw new ModelFolderError(modelFile, 'no such file');
  const manifest = await readManifest(at(MODEL_FILES.manifest));
  const { features, summaries } = checkOf(at(MODEL_FILES.manifest), manifest, signature);
  const baseline = withoutPersonalOf(await parsed(at(MODEL_FILES.baseline), Baseline), manifest);
  const fault = guardsProblem(manifest, [...features, ...summaries], baseline?.value) ?? qualityProblem(manifest);
  if (fault !== undefined) throw new ModelFolderError(at(MODEL_FILES.manifest), fault);
  const metrics = await parsed(at(MODEL_FILES.metrics), z.record(z.string(), z.unknown()));
  const card = await bytesOf(at(MODEL_FILES.card));
  return {
    path: folder,
    modelFile,
    manifest,
    metrics: metrics?.value ?? {},
    ...(baseline ? { baseline } : {}),
    ...(card ? { card } : {}),
  };
}

/** Reads a manifest by itself; whether a graph fits it is not looked at. @throws ModelFolderError */
export async function readManifest(file: string): Promise<Manifest> {
  const manifest = await parsed(file, Manifest, parseDocument);
  if (!manifest) throw new ModelFolderError(file, 'no such file; `trimtab init` writes one');
  return manifest.value;
}

function withoutPersonalOf(baseline: ModelFolder['baseline'], { contract }: Manifest): ModelFolder['baseline'] {
  if (!baseline) return undefined;
  const value = withoutPersonal(baseline.value, contract);
  return value === baseline.value ? baseline : { bytes: Buffer.from(JSON.stringify(value)), value };
}

/** The manifest's contract, compiled. @throws ModelFolderError when the manifest does not fit the graph */
function checkOf(file: string, manifest: Manifest, signature: Signature): CompiledContract {
  const outputs = signature.outputs.map(({ name }) => name);
  const named = [...manifest.outputs.map(({ name }) => name), ...(manifest.decision ? [manifest.decision.output] : [])];
  const unknown = named.find((name) => !outputs.includes(name));
  if (unknown !== undefined)
    throw new ModelFolderError(file, `names output ${unknown}, but the graph gives ${outputs.join(', ')}`);
  try {
    externalSignature(signature, manifest.preprocess ?? {});
    return compileCheck(manifest.contract, signature);
  } catch (error) {
    throw new ModelFolderError(file, (error as Error).message, { cause: error });
  }
}

async function parsed<T>(
  file: string,
  schema: z.ZodType<T>,
  parse: (text: string) => unknown = JSON.parse,
): Promise<{ bytes: Uint8Array; value: T } | undefined> {
  const bytes = await bytesOf(file);
  if (!bytes) return undefined;
  let json: unknown;
  try {
    json = parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof LostDigitsError) throw new ModelFolderError(file, error.message, { cause: error });
    throw new ModelFolderError(file, `not JSON: ${(error as Error).message}`, { cause: error });
  }
  const result = safeParse(schema, json);
  if (!result.success) throw new ModelFolderError(file, z.prettifyError(result.error), { cause: result.error });
  return { bytes, value: result.data };
}

async function bytesOf(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ModelFolderError(file, `cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
