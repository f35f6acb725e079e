import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RefusedType, UnknownCondition } from './emulator-gaps.ts';

interface Resource {
  readonly Type: string;
  readonly DependsOn?: string | string[];
  readonly [attribute: string]: unknown;
}

export interface Template {
  Resources: Record<string, Resource>;
  Outputs?: Record<string, unknown>;
}

/** What was left out of one template: a resource, or one statement of its policy. */
export interface Dropped {
  readonly id: string;
  readonly type: string;
  readonly sid?: string;
}

/** What a copy of an assembly is made without. */
export interface Gaps {
  readonly refused: readonly RefusedType[];
  readonly unknown: readonly UnknownCondition[];
}

/** Something besides the known attributes refers to a resource that has to go: dropping it would change more. */
export class DanglingReferenceError extends Error {
  override readonly name = 'DanglingReferenceError';
  constructor(
    readonly id: string,
    readonly target: string,
  ) {
    super(`${id} refers to ${target}, which the emulator refuses, in an attribute that is not on the list of gaps`);
  }
}

/**
 * A template without the resources of the given types and the attributes that only speak of them, and without the
 * given statements of policies.
 *
 * @throws DanglingReferenceError when anything else refers to a dropped resource
 */
export function without(template: Template, { refused, unknown }: Gaps): { template: Template; dropped: Dropped[] } {
  const types = new Set(refused.map(({ type }) => type));
  const left: Template = structuredClone(template);
  const dropped: Dropped[] = Object.entries(template.Resources)
    .filter(([, { Type }]) => types.has(Type))
    .map(([id, { Type }]) => ({ id, type: Type }));
  const gone = new Set(dropped.map(({ id }) => id));
  for (const id of gone) delete left.Resources[id];
  for (const resource of Object.values(left.Resources))
    for (const attribute of refused.flatMap(({ attributes = [] }) => attributes))
      removeIfSpeaksOf(resource, attribute, gone);
  for (const [id, resource] of Object.entries(left.Resources)) {
    const target = referenceTo(resource, gone);
    if (target !== undefined) throw new DanglingReferenceError(id, target);
    for (const sid of removeStatements(resource, new Set(unknown.map((each) => each.sid))))
      dropped.push({ id, type: resource.Type, sid });
  }
  return { template: left, dropped };
}

/** @returns the ids of the statements that were there */
function removeStatements(resource: Resource, sids: ReadonlySet<string>): string[] {
  const { PolicyDocument: policy } = (resource.Properties ?? {}) as {
    PolicyDocument?: { Statement?: { Sid?: string }[] };
  };
  // Some policies are text; those have no statement on the list.
  if (!Array.isArray(policy?.Statement)) return [];
  const found = policy.Statement.flatMap(({ Sid }) => (Sid !== undefined && sids.has(Sid) ? [Sid] : []));
  policy.Statement = policy.Statement.filter(({ Sid }) => Sid === undefined || !sids.has(Sid));
  return found;
}

function removeIfSpeaksOf(resource: Resource, attribute: string, gone: ReadonlySet<string>): void {
  const names = attribute.split('.');
  const last = names.pop()!;
  let owner: Record<string, unknown> | undefined = resource;
  for (const name of names) owner = owner?.[name] as Record<string, unknown> | undefined;
  if (owner?.[last] !== undefined && referenceTo(owner[last], gone) !== undefined) delete owner[last];
}

/** The first of the ids that a value refers to, by `Ref`, `Fn::GetAtt` or `DependsOn`. */
function referenceTo(value: unknown, ids: ReadonlySet<string>): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const named =
      key === 'Ref' || key === 'DependsOn' || key === 'Fn::GetAtt'
        ? [inner].flat().find((id) => typeof id === 'string' && ids.has(id.split('.')[0]!))
        : undefined;
    if (typeof named === 'string') return named.split('.')[0];
    const deeper = referenceTo(inner, ids);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

/**
 * Copies a cloud assembly and leaves out what the emulator refuses.
 *
 * @returns what was dropped, by template
 */
export function copyWithout(from: string, to: string, gaps: Gaps): Map<string, Dropped[]> {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  const all = new Map<string, Dropped[]>();
  for (const name of readdirSync(to).filter((file) => file.endsWith('.template.json'))) {
    const file = path.join(to, name);
    const { template, dropped } = without(JSON.parse(readFileSync(file, 'utf8')) as Template, gaps);
    if (dropped.length === 0) continue;
    writeFileSync(file, JSON.stringify(template, null, 1));
    all.set(name.replace('.template.json', ''), dropped);
  }
  return all;
}
