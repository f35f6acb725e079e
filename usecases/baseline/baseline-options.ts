import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Signature } from '../../core/model/signature.ts';

/** What a baseline is made of, whatever form its reference data has. */
export interface BaselineOptions {
  /** Reference data: CSV, JSON lines or Parquet. */
  readonly dataFile: string;
  readonly modelFile: string;
  readonly manifest: Pick<Manifest, 'name' | 'contract' | 'decision' | 'outputs' | 'explanations' | 'preprocess'>;
  readonly signature: Signature;
  readonly now: Date;
}
