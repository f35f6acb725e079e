import type { ExplainOptions, Explanation } from '../../core/explain/explanation.ts';
import type { Explanations } from '../../core/manifest/explanations.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Signature } from '../../core/model/signature.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import type { Baseline } from '../../core/profile/profile.ts';
import type { OnnxModel } from '../../platform/onnx/model.ts';

export interface ExplainerOptions {
  /** The version's model as it is served. */
  readonly model: Pick<OnnxModel, 'run' | 'part'>;
  readonly signature: Signature;
  readonly manifest: Manifest;
  /** Reads the .onnx file; asked once, when trees are first looked for. */
  readonly file: () => Promise<Uint8Array>;
  /** Without what is personal. */
  readonly baseline: Baseline;
  /** The clock of budgets; milliseconds. @default performance.now */
  readonly now?: () => number;
}

/** The same orders for every request: an explanation that is asked for twice is the same. */
export const SEED = 0x51ab;

/** Explains predictions of one version. */
export interface Explainer {
  readonly settings: Explanations;
  /**
   * Explains rows.
   *
   * @param tensors the rows as the model takes them
   * @throws InputError when what is asked for is not there
   */
  explain(tensors: Record<string, TensorData>, rows: number, asked?: ExplainOptions): Promise<Explanation>;
  close(): Promise<void>;
}
