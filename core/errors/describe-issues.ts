import type * as z from 'zod';
import { formatValue } from './format-value.ts';

/** A document, and what it should be. */
export interface Described {
  /** The document as it came. */
  readonly raw: unknown;
  readonly schema: z.ZodType;
  /** Where the document is in the file. @default the file itself */
  readonly at?: readonly string[];
}

/** What a schema says about a document from a file: a line an issue with the place, what was received, what is allowed. */
export function describeIssues({ issues }: z.ZodError, { raw, schema, at = [] }: Described): string {
  return issues
    .flatMap(nearest)
    .map((issue) => {
      const place = [...at, ...issue.path].map(String).join('.');
      return `${place === '' ? '' : `${place}: `}${described(issue, raw, schema)}`;
    })
    .join('\n');
}

/** Of alternatives of which one alone is of the kind of what came, the issues of that one. */
function nearest(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const alike = issue.errors.filter(
    (each) => !each.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  );
  if (alike.length !== 1) return [issue];
  return alike[0]!.flatMap((each) => nearest({ ...each, path: [...issue.path, ...each.path] }));
}

function described(issue: z.core.$ZodIssue, raw: unknown, schema: z.ZodType): string {
  // What a rule of ours says may begin with a name, in the capitals that it has.
  const message =
    issue.code === 'custom' ? issue.message : issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  if (issue.code === 'unrecognized_keys') {
    const allowed = membersAt(schema, issue.path);
    return allowed.length === 0 ? message : `${message}; allowed: ${allowed.join(', ')}`;
  }
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => inner.message).join('; ');
  const received = valueAt(raw, issue.path);
  // What a rule between several members finds is said by its message.
  const told = message.includes('received') || (issue.code === 'custom' && typeof received === 'object');
  return told ? message : `${message}, received ${received === undefined ? 'nothing' : formatValue(received)}`;
}

/** Parts of a schema that are of interest on the way to a member. */
interface Definition {
  readonly type?: string;
  readonly innerType?: unknown;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly shape?: Readonly<Record<string, unknown>>;
}

/** Names of the members that an object at a path may have; none where it is not told by an object's schema. */
function membersAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  let at = definitionOf(schema);
  for (const name of path) at = definitionOf(at.shape?.[String(name)] ?? at.element ?? at.valueType);
  return Object.keys(at.shape ?? {});
}

/** The definition of a schema, without what makes it optional or gives it a default. */
export function definitionOf(schema: unknown): Definition {
  const { def = {} } = (schema ?? {}) as { readonly def?: Definition };
  return def.innerType === undefined ? def : definitionOf(def.innerType);
}

const valueAt = (raw: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, name) => (value as Record<PropertyKey, unknown> | undefined)?.[name], raw);
