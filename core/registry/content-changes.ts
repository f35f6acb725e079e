import * as z from 'zod';
import { canonical } from './canonical.ts';
import type { VersionContent, VersionDocuments } from './identity.ts';

/** A value that differs between two versions. */
export const ContentChange = z.strictObject({
  path: z.string().describe('Where it is, such as contract.features.age.max; or the name of a file.'),
  before: z.json().nullable().describe('What it was; of a file its digest. null: it was not there.'),
  after: z.json().nullable().describe('What it is now; null: it is not there.'),
});
export type ContentChange = z.infer<typeof ContentChange>;

type Contents = VersionContent & Partial<VersionDocuments>;

/**
 * What differs between the contents of two versions, down to single values. Parts of the manifest that have names, such
 * as features, are compared by their names, wherever they stand.
 */
export function contentChanges(before: Contents, after: Contents): ContentChange[] {
  // Where an editor finds the schema says nothing of the model.
  const [{ $schema: _, ...left }, { $schema: __, ...right }] = [before.manifest, after.manifest];
  return [
    ...digestChange('model.onnx', before.artifact, after.artifact),
    ...valueChanges('', left, right),
    ...digestChange('baseline.json', before.baseline, after.baseline),
  ];
}

/** What differs between the documents of two versions. */
export function documentChanges(before: VersionDocuments, after: VersionDocuments): ContentChange[] {
  return [
    ...valueChanges('metrics.json', before.metrics, after.metrics),
    ...digestChange('MODEL_CARD.md', before.card, after.card),
  ];
}

/** What differs between two values, with the path of each. */
export function valueChanges(path: string, before: unknown, after: unknown): ContentChange[] {
  if (canonical(before) === canonical(after)) return [];
  const [left, right] = [membersOf(before), membersOf(after)];
  if (left === undefined || right === undefined) return [{ path, before: jsonOf(before), after: jsonOf(after) }];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const found = names.flatMap((name) =>
    valueChanges(path === '' ? name : `${path}.${name}`, left.get(name), right.get(name)),
  );
  // Nothing but the order of named parts differs.
  return found.length > 0 ? found : [{ path, before: [...left.keys()], after: [...right.keys()] }];
}

function digestChange(
  path: string,
  before: { readonly digest: string } | undefined,
  after: { readonly digest: string } | undefined,
): ContentChange[] {
  if (before?.digest === after?.digest) return [];
  return [{ path, before: before?.digest ?? null, after: after?.digest ?? null }];
}

/** The members of an object, or of a list whose members have names of their own; undefined of anything else. */
function membersOf(value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return new Map(Object.entries(value).filter(([, member]) => member !== undefined));
  const named = new Map(value.map((member: unknown) => [nameOfMember(member), member]));
  return value.length > 0 && named.size === value.length && !named.has(undefined)
    ? (named as Map<string, unknown>)
    : undefined;
}

const nameOfMember = (member: unknown): string | undefined =>
  typeof member === 'object' && member !== null && 'name' in member && typeof member.name === 'string'
    ? member.name
    : undefined;

const jsonOf = (value: unknown): ContentChange['before'] =>
  value === undefined ? null : (value as ContentChange['before']);
