// What pages say of the fields of a JSON Schema: what they take, and what holds where they are left out.

/** A JSON Schema as zod writes it. */
export interface SchemaNode {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly prefixItems?: readonly SchemaNode[];
  readonly additionalProperties?: SchemaNode | boolean;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

/** The default of a field; nothing where it has none, or an empty one. */
export function defaultText({ default: value }: SchemaNode): string {
  if (value === undefined || value === '' || (typeof value === 'object' && Object.keys(value as object).length === 0))
    return '';
  return `\`${JSON.stringify(value)}\``;
}

/** What a field takes; nothing for an object, whose own fields say it. */
export function valuesText(node: SchemaNode): string {
  const { anyOf, enum: names, const: only, type, properties, items, prefixItems, additionalProperties } = node;
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (names) return names.map((name) => `\`${JSON.stringify(name)}\``).join(', ');
  if (anyOf) return alternativesOf(anyOf);
  if (prefixItems) return `[${prefixItems.map(valuesText).join(', ')}]`;
  if (items) return items.properties ? 'list' : `list of ${valuesText(items)}`;
  if (properties && Object.keys(properties).every((name) => name === 'min' || name === 'max')) return 'bounds';
  if ('median' in (properties ?? {})) return 'bounds over the seeds';
  if (properties) return '';
  if (type === 'object')
    return typeof additionalProperties === 'object' && !additionalProperties.properties
      ? `by name: ${valuesText(additionalProperties) || 'any'}`
      : 'by name';
  return type === 'number' || type === 'integer' ? rangeOf(node) : [type ?? ''].flat().join(' or ');
}

function alternativesOf(choices: readonly SchemaNode[]): string {
  const text = choices.find(({ pattern }) => pattern !== undefined);
  if (text) return text.pattern!.startsWith('^-?') ? 'moment' : 'duration';
  const [first] = choices;
  return choices.some(({ items }) => items?.properties?.from)
    ? `${valuesText(first!)}, or changes`
    : choices.map((choice) => valuesText(choice) || 'object').join(' or ');
}

/** `whole, 1 to 100`, `> 0`. Bounds that are only those of the number type are none. */
function rangeOf({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: SchemaNode): string {
  const bounded = (bound: number | undefined): bound is number => bound !== undefined && Math.abs(bound) < 2 ** 52;
  const parts: string[] = [];
  if (bounded(minimum) && bounded(maximum)) parts.push(`${minimum} to ${maximum}`);
  else if (bounded(minimum)) parts.push(`>= ${minimum}`);
  else if (bounded(maximum) && !bounded(exclusiveMinimum)) parts.push(`<= ${maximum}`);
  else if (bounded(maximum)) parts.push(`> ${exclusiveMinimum}, <= ${maximum}`);
  else if (bounded(exclusiveMinimum)) parts.push(`> ${exclusiveMinimum}`);
  if (bounded(exclusiveMaximum)) parts.push(`< ${exclusiveMaximum}`);
  if (type === 'integer') parts.unshift('whole');
  return parts.join(', ') || 'number';
}
