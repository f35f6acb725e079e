import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Signature } from '../../core/model/signature.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';

/** What a baseline is made of, whatever form its reference data has. */
export interface BaselineOptions {
  /** Reference data: CSV, JSON lines or Parquet. */
  readonly dataFile: string;
  /** Opens the model, where it has to be run. */
  readonly open: ExaminedModel['open'];
  readonly manifest: Pick<Manifest, 'name' | 'contract' | 'decision' | 'outputs' | 'explanations' | 'preprocess'>;
  readonly signature: Signature;
  readonly now: Date;
}
