import * as z from 'zod';

/** The parts of a JSON Schema that lead to fields. */
interface Node {
  readonly properties?: Readonly<Record<string, Node & { readonly const?: unknown }>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

/**
 * Names of the fields that a schema allows at a path, in its order. Of alternatives, only those count whose constant
 * fields have the content's values.
 */
export function allowedFields(schema: z.ZodType, content: unknown, path: readonly PropertyKey[]): string[] {
  const root = z.toJSONSchema(schema, { io: 'input', reused: 'inline' }) as { $ref?: string; $defs?: object } & Node;
  const start = root.$ref === undefined ? root : (Object.values(root.$defs ?? {})[0] as Node);
  let at = alternatives(start, content);
  let value = content;
  for (const part of path) {
    value = (value as Record<PropertyKey, unknown> | undefined)?.[part];
    at = at.flatMap((node) => below(node, part)).flatMap((node) => alternatives(node, value));
  }
  return [...new Set(at.flatMap(({ properties = {} }) => Object.keys(properties)))];
}

function below({ properties, items, additionalProperties }: Node, part: PropertyKey): Node[] {
  const named = properties?.[String(part)];
  if (named) return [named];
  if (typeof part === 'number' && items) return [items];
  return typeof additionalProperties === 'object' ? [additionalProperties] : [];
}

function alternatives(node: Node, content: unknown): Node[] {
  const choices = node.anyOf ?? node.oneOf;
  if (choices === undefined) return [node];
  return choices
    .flatMap((choice) => alternatives(choice, content))
    .filter(({ properties = {} }) =>
      Object.entries(properties).every(
        ([name, field]) => field.const === undefined || field.const === (content as Record<string, unknown>)?.[name],
      ),
    );
}
