import { canonical } from './canonical.ts';
import type { ModelVersion } from './version.ts';

/** What makes a version: registering the same graph, manifest and baseline twice gives the same one. */
export interface VersionContent {
  readonly artifact: Pick<ModelVersion['artifact'], 'digest'>;
  readonly baseline?: Pick<ModelVersion['artifact'], 'digest'> | undefined;
  readonly manifest: ModelVersion['manifest'];
}

/** What comes with a version and does not make it: it is kept as it was registered. */
export interface VersionDocuments {
  readonly metrics: ModelVersion['metrics'];
  readonly card?: Pick<ModelVersion['artifact'], 'digest'> | undefined;
}

/** Whether two contents are the same version. */
export function isSameContent(a: VersionContent, b: VersionContent): boolean {
  // Where an editor finds the schema says nothing of the model.
  const [{ $schema: _, ...left }, { $schema: __, ...right }] = [a.manifest, b.manifest];
  return (
    a.artifact.digest === b.artifact.digest &&
    a.baseline?.digest === b.baseline?.digest &&
    canonical(left) === canonical(right)
  );
}

/** Whether two baselines say the same: when one was made says nothing of the data. */
export function isSameBaseline(a: { readonly createdAt: string }, b: { readonly createdAt: string }): boolean {
  const [{ createdAt: _, ...left }, { createdAt: __, ...right }] = [a, b];
  return canonical(left) === canonical(right);
}
