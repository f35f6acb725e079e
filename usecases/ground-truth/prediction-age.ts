import { durationMs } from '../../core/manifest/duration.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';

/** How old a prediction may be when its truth arrives, unless the manifest expects truth later: then twice that. */
export const MAX_PREDICTION_AGE_MS = 7 * 24 * 3_600_000;

/** How old predictions of a model may be when their truth arrives, in milliseconds. */
export const predictionAgeMs = (manifest: Pick<Manifest, 'truth'> | undefined): number =>
  Math.max(MAX_PREDICTION_AGE_MS, manifest?.truth === undefined ? 0 : 2 * durationMs(manifest.truth.within));
