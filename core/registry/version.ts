import * as z from 'zod';
import { Manifest } from '../manifest/manifest.ts';
import { Digest, Instant, ModelName, VersionNumber } from '../model/names.ts';
import { Signature } from '../model/signature.ts';

/** An object in the artifact store, by content. */
export const Artifact = z.strictObject({ key: z.string(), digest: Digest, bytes: z.int().min(0) });
export type Artifact = z.infer<typeof Artifact>;

/** A model version: immutable once registered. */
export const ModelVersion = z.strictObject({
  model: ModelName,
  version: VersionNumber,
  /** The .onnx file. Registering the same digest twice gives the same version. */
  artifact: Artifact,
  /** `baseline.json`; too large for a table item, so it is kept beside the model. */
  baseline: Artifact.optional(),
  signature: Signature,
  manifest: Manifest,
  /** `metrics.json`, as the data scientist wrote it. */
  metrics: z.record(z.string(), z.unknown()).default({}),
  /** `MODEL_CARD.md`. */
  card: Artifact.optional(),
  registeredAt: Instant,
  registeredBy: z.string(),
});
export type ModelVersion = z.infer<typeof ModelVersion>;
