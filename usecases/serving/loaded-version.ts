import { type CaptureWriter, captureWriter } from '../../core/captures/capture-line.ts';
import { compileOutputReader, type OutputReader } from '../../core/captures/output-reader.ts';
import { type Checked, type CompiledContract, compileCheck } from '../../core/contract/check.ts';
import { isPersonal, type PrivacyKeys } from '../../core/contract/personal.ts';
import type { Decision } from '../../core/manifest/decision.ts';
import type { Guards } from '../../core/manifest/guards.ts';
import type { OutputMeaning } from '../../core/manifest/manifest.ts';
import { externalSignature } from '../../core/model/preprocess.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import type { Baseline } from '../../core/profile/profile.ts';
import { type ProtocolModel, protocolModelOf } from '../../core/protocols/protocol.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { Rehearsal } from '../../core/rehearsal/rehearsal.ts';
import { compileScores, type ScoreReader } from '../../core/serving/decision-scores.ts';
import { compilePreprocess, type Preprocessor } from '../../platform/images/preprocess.ts';
import { loadModel, type OnnxModel } from '../../platform/onnx/model.ts';
import { processKeys } from '../../platform/privacy.ts';
import type { Explainer } from '../explanations/explainer.ts';
import { type Guarding, guardingOf } from './guards.ts';
import { repeatRehearsal } from './rehearsed.ts';

/** A model version in memory, with all that is worked out once: its contract compiled, what protocols know of it, its capture. */
export interface LoadedVersion extends Guarding {
  readonly version: number;
  readonly model: OnnxModel;
  readonly check: CompiledContract;
  readonly protocolModel: ProtocolModel;
  /** What is done to what callers sent before it is held to the contract. */
  readonly prepare: Preprocessor;
  readonly capture: CaptureWriter;
  readonly captureShare: number;
  /** Whether any of its fields is personal: then what goes wrong inside is logged without its message. */
  readonly personal: boolean;
  readonly maxBatch: number;
  readonly decision: Decision | undefined;
  /** How the decision reads its output; undefined without one. */
  readonly scores: ScoreReader | undefined;
  /** What captures hold of the outputs. */
  readonly outputs: OutputReader;
  /** Output with a probability for each class, where the manifest names one. */
  readonly distribution: string | undefined;
  readonly rateLimit: Guards['rateLimit'];
  readonly record: ModelVersion;
  /** Whether it has given answers of its rehearsal again: it is known to run here. */
  readonly rehearsed: boolean;
  /** The model's file. */
  readonly path: string;
  /** Made when the first explanation is asked for. */
  explainer: Promise<Explainer> | undefined;
  /** Runs that have not ended; while there are any, the model may not be released. */
  running: number;
}

/** Frees a version's memory; nothing may run afterwards. */
export async function unloadVersion({ model, explainer }: LoadedVersion): Promise<void> {
  await (await explainer?.catch(() => undefined))?.close();
  await model.release();
}

/**
 * How a version's file becomes a model. By default it runs in this process; a server brings a way that runs it elsewhere,
 * and finds out by the rehearsal where.
 *
 * @throws DigestMismatchError or ModelLoadError, as `loadModel` does
 */
export type ModelLoader = (record: ModelVersion, path: string, rehearsal?: Rehearsal) => Promise<OnnxModel>;

const loadHere: ModelLoader = ({ artifact, manifest }, path) =>
  loadModel(path, { digest: artifact.digest, threads: manifest.serving.threads });

/** What a version is loaded from. */
export interface ResidentParts {
  /** The model's file. */
  readonly path: string;
  /** The version's baseline, where {@link wantsBaseline} says so. */
  readonly baseline?: Baseline | undefined;
  /** What it answered when it was registered; undefined where it was not rehearsed. */
  readonly rehearsal?: Rehearsal | undefined;
  /** The privacy keys as far as they are known, see captureWriter. */
  readonly keys?: () => PrivacyKeys | undefined;
  /** @default in this process */
  readonly load?: ModelLoader | undefined;
}

/** Whether anything that a version does on requests needs its baseline. */
export const wantsBaseline = ({ manifest }: ModelVersion): boolean => manifest.guards?.outOfDistribution !== undefined;

/**
 * Loads a version from its file and warms it up by the rows that it was rehearsed on.
 *
 * @throws DigestMismatchError, ModelLoadError, ContractBindingError, RehearsalMismatchError
 */
export async function loadVersion(
  record: ModelVersion,
  { path, baseline, rehearsal, keys, load = loadHere }: ResidentParts,
): Promise<LoadedVersion> {
  const { manifest } = record;
  const { contract } = manifest;
  const model = await load(record, path, rehearsal);
  try {
    const check = compileCheck(contract, model.signature);
    const outputs = compileOutputReader(manifest.decision, manifest.outputs);
    const loaded: LoadedVersion = {
      version: record.version,
      model,
      check,
      prepare: await compilePreprocess(model.signature, manifest.preprocess ?? {}),
      protocolModel: protocolModelOf(record.model, externalSignature(model.signature, manifest.preprocess ?? {}), {
        labels: labelsOf(manifest.outputs),
        meanings: new Map(manifest.outputs.map(({ name, meaning }) => [name, meaning])),
        features: check.features,
        ...(contract.data.missingTokens ? { missingTokens: contract.data.missingTokens } : {}),
        tokens: manifest.serving.notANumber === 'tokens',
      }),
      capture: captureWriter(
        record.model,
        { features: [...check.features, ...check.summaries] },
        { subject: contract.data.subject, keys, ownKeys: processKeys(), classes: outputs.classes },
      ),
      captureShare: manifest.monitoring.captureShare,
      personal: isPersonal(contract),
      maxBatch: manifest.serving.maxBatch,
      decision: manifest.decision,
      scores: manifest.decision && compileScores(manifest.decision, manifest.outputs),
      outputs,
      distribution: manifest.outputs.find(({ meaning }) => meaning === 'probabilities')?.name,
      rateLimit: manifest.guards?.rateLimit,
      ...guardingOf(record, check, model.signature, baseline),
      record,
      path,
      rehearsed: rehearsal !== undefined && rehearsal.kept.length > 0,
      explainer: undefined,
      running: 0,
    };
    if (loaded.decision !== undefined && !loaded.protocolModel.outputs.has(loaded.decision.output))
      throw new Error(
        `the decision reads output ${loaded.decision.output}, the graph gives ${[...loaded.protocolModel.outputs.keys()].join(', ')}`,
      );
    if (rehearsal !== undefined) await repeatRehearsal(model, rehearsal);
    return loaded;
  } catch (error) {
    await model.release();
    throw error;
  }
}

const labelsOf = (outputs: readonly OutputMeaning[]): Map<string, string[]> =>
  new Map(outputs.flatMap(({ name, classes }) => (classes === undefined ? [] : [[name, classes.map(String)]])));

/** The decision's scores, one a row; empty when the model has no decision. */
export function decisionScores(
  { decision, scores }: LoadedVersion,
  outputs: Readonly<Record<string, TensorData>>,
  rows: number,
): number[] {
  const output = decision && outputs[decision.output];
  return output === undefined ? [] : scores!(output, rows);
}

/** What a rejected request is told: every violation up to ten. */
export function rejection(checked: Checked): string {
  const told = checked.violations.map(
    ({ feature, row, received, rule, allowed }) =>
      `${feature} in row ${row} is ${received ?? (rule === 'missing' ? 'missing' : 'not allowed')}, expected ${allowed}`,
  );
  const more = checked.rejected - told.length;
  return `the request breaks the data contract: ${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
