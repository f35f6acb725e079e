import path from 'node:path';
import { compileOutputReader, type OutputReader } from '../../core/captures/output-reader.ts';
import { type Checked, type CompiledContract, compileCheck } from '../../core/contract/check.ts';
import { InputError } from '../../core/contract/input-error.ts';
import type { Decision } from '../../core/manifest/decision.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import type { RunReport } from '../../core/observability/observation.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { compileScores, type ScoreReader } from '../../core/serving/decision-scores.ts';
import { type LoadOptions, loadModel, type OnnxModel } from '../../platform/onnx/model.ts';
import type { Home } from '../../platform/ports.ts';
import { compileRequestReader, type RequestReader } from '../baseline/request-reader.ts';
import { inputsOf } from '../baseline/table-inputs.ts';

/** What a version says of one row. */
export interface RowAnswer {
  /** As ScoreReader gives it; null where it gave none. */
  readonly score: number | null;
  readonly probabilities?: readonly number[];
  /** Its contract does not let the row in. */
  readonly refused?: true;
}

/** How a file becomes a model. */
export type LoadModel = (file: string, options: LoadOptions) => Promise<OnnxModel>;

export interface AskedOptions {
  /** For the model's file. */
  readonly folder: string;
  /** @default in this process */
  readonly load?: LoadModel;
  /** Lines of requests are asked about, not rows of features. @default false */
  readonly requests?: boolean;
}

interface Readers {
  readonly scores: ScoreReader | undefined;
  readonly outputs: OutputReader;
  /** Where lines of requests are asked about. */
  readonly request: RequestReader | undefined;
}

/** A version in memory that is asked about rows of features, apart from any endpoint. */
export class AskedVersion {
  private constructor(
    private readonly model: OnnxModel,
    private readonly check: CompiledContract,
    private readonly decision: Decision | undefined,
    private readonly readers: Readers,
  ) {}

  /**
   * @throws ObjectNotFoundError, ModelLoadError, DigestMismatchError, ContractBindingError
   */
  static async open(
    home: Pick<Home, 'artifacts'>,
    record: ModelVersion,
    { folder, load = loadModel, requests = false }: AskedOptions,
  ): Promise<AskedVersion> {
    const { artifact, manifest } = record;
    const { decision } = manifest;
    const file = path.join(folder, `v${record.version}.onnx`);
    await home.artifacts.download(artifact.key, file);
    const model = await load(file, { digest: artifact.digest, threads: manifest.serving.threads });
    try {
      const check = compileCheck(manifest.contract, model.signature);
      const readers = {
        scores: decision && compileScores(decision, manifest.outputs),
        outputs: compileOutputReader(decision, manifest.outputs),
        request: requests ? await compileRequestReader(manifest, model.signature, check) : undefined,
      };
      return new AskedVersion(model, check, decision, readers);
    } catch (error) {
      await model.release();
      throw error;
    }
  }

  /**
   * @param rows by feature name, missing values as null; or lines of requests, where those are asked about
   * @param report filled in with how long the last run took
   * @throws whatever the model throws
   */
  async ask(rows: readonly Readonly<Record<string, unknown>>[], report?: RunReport): Promise<RowAnswer[]> {
    const { request } = this.readers;
    if (request !== undefined) return this.#askRequests(rows, request);
    const { tensors, rejected } = this.check.run(inputsOf(this.check, rows), false);
    if (rejected === 0) return this.#run(tensors, rows.length, report);
    if (rows.length === 1) return [{ score: null, refused: true }];
    const answers: RowAnswer[] = [];
    for (const row of rows) answers.push(...(await this.ask([row], report)));
    return answers;
  }

  /** One by one: pictures may be of different sizes. */
  async #askRequests(lines: readonly Readonly<Record<string, unknown>>[], read: RequestReader): Promise<RowAnswer[]> {
    const answers: RowAnswer[] = [];
    for (const line of lines) {
      const checked = this.#checked(() => this.check.run(read(line), false));
      if (checked === undefined || checked.rejected > 0) answers.push({ score: null, refused: true });
      else answers.push(...(await this.#run(checked.tensors, 1, undefined)));
    }
    return answers;
  }

  #checked(check: () => Checked): Checked | undefined {
    try {
      return check();
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  }

  release(): Promise<void> {
    return this.model.release();
  }

  async #run(tensors: Record<string, TensorData>, rows: number, report: RunReport | undefined): Promise<RowAnswer[]> {
    const { decision, readers } = this;
    if (decision === undefined || readers.scores === undefined) {
      await this.model.run(tensors, undefined, report);
      return Array.from({ length: rows }, () => ({ score: null }));
    }
    const beside = readers.outputs.probabilities;
    const wanted = beside === undefined || beside === decision.output ? [decision.output] : [decision.output, beside];
    const outputs = await this.model.run(tensors, wanted, report);
    const scores = readers.scores(outputs[decision.output]!, rows);
    const { probabilities } = readers.outputs.read(outputs, rows, scores);
    const width = probabilities === undefined ? 0 : probabilities.length / rows;
    return Array.from({ length: rows }, (_, row) => {
      const score = scores[row] ?? Number.NaN;
      const own = probabilities && [...probabilities.subarray(row * width, (row + 1) * width)];
      return {
        score: Number.isFinite(score) ? score : null,
        ...(own === undefined ? {} : { probabilities: own }),
      };
    });
  }
}
