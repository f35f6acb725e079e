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

/**
 * Names what differs between the contents of two versions, members of the manifest by two levels:
 * `['decision.threshold', 'baseline.json']`. None, and they are the same version.
 */
export function contentDifferences(a: VersionContent, b: VersionContent): string[] {
  return [
    ...(a.artifact.digest === b.artifact.digest ? [] : ['model.onnx']),
    ...manifestDifferences(a.manifest, b.manifest),
    ...(a.baseline?.digest === b.baseline?.digest ? [] : ['baseline.json']),
  ];
}

/** Names the documents that differ. */
export function documentDifferences(a: VersionDocuments, b: VersionDocuments): string[] {
  return [
    ...(canonical(a.metrics) === canonical(b.metrics) ? [] : ['metrics.json']),
    ...(a.card?.digest === b.card?.digest ? [] : ['MODEL_CARD.md']),
  ];
}

function manifestDifferences(a: ModelVersion['manifest'], b: ModelVersion['manifest']): string[] {
  // Where an editor finds the schema says nothing of the model.
  const [{ $schema: _, ...left }, { $schema: __, ...right }] = [a, b];
  return membersThatDiffer(left, right).flatMap((name) => {
    const [one, other]: unknown[] = [left[name as keyof typeof left], right[name as keyof typeof right]];
    if (!isObject(one) || !isObject(other)) return [name];
    return membersThatDiffer(one, other).map((member) => `${name}.${member}`);
  });
}

function membersThatDiffer(a: object, b: object): string[] {
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  return [...new Set([...left.keys(), ...right.keys()])].filter(
    (name) => canonical(left.get(name)) !== canonical(right.get(name)),
  );
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
