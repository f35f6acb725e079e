import type { Histogram } from './histogram.ts';
import type { Phase } from './observation.ts';

/** Histograms of one model over all versions and variants that answer for it. */
export interface ModelSeries {
  readonly model: string;
  /** Seconds by phase of a request; a phase has no histogram until it was measured once. */
  readonly phases: Partial<Record<Phase, Histogram>>;
  /** Seconds of decoding and checking together, which KServe reports as preprocessing. */
  readonly preprocess: Histogram;
}
