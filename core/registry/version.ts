import * as z from 'zod';
import { Manifest } from '../manifest/manifest.ts';
import { Digest, Instant, ModelName, VersionNumber } from '../model/names.ts';
import { Repairs } from '../model/repair.ts';
import { Signature } from '../model/signature.ts';

/** An object in the artifact store, by content. */
export const Artifact = z.strictObject({
  key: z.string().describe('Key in the artifact store.'),
  digest: Digest,
  bytes: z.int().min(0).describe('Size in bytes.'),
});
export type Artifact = z.infer<typeof Artifact>;

/** A model version: immutable once registered. */
export const ModelVersion = z.strictObject({
  model: ModelName,
  version: VersionNumber,
  artifact: Artifact.describe('The .onnx file. Versions that differ in manifest or baseline may have the same.'),
  baseline: Artifact.optional().describe('baseline.json; too large for a table item, so it is kept beside the model.'),
  signature: Signature.describe('What the graph takes and gives.'),
  manifest: Manifest,
  metrics: z.record(z.string(), z.unknown()).default({}).describe('metrics.json, as the data scientist wrote it.'),
  card: Artifact.optional().describe('MODEL_CARD.md.'),
  sideBySide: Artifact.optional().describe(
    'What it and the champion of then said about the same rows; absent where there was nothing to compare.',
  ),
  repairs: Repairs.optional().describe(
    'What was done to the graph so that it can be served; absent of one that is as it was given.',
  ),
  rehearsal: Artifact.optional().describe(
    'What it answered about real rows, which an endpoint holds it to when it loads it; absent where it was not rehearsed, or nothing may be kept of the rows.',
  ),
  registeredAt: Instant,
  registeredBy: z.string().describe('Who registered it.'),
});
export type ModelVersion = z.infer<typeof ModelVersion>;
