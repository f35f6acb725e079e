// The table of a scenario's fields in docs/simulate.md, made of the schema by `npm run generate`.
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { ScenarioFile } from '../../core/simulation/variants.ts';

export const SIMULATE_PAGE = 'docs/simulate.md';
const BEGIN = '<!-- fields: generated -->\n';
const END = '<!-- end of fields -->\n';

/** Fields whose own are told elsewhere. */
const TOLD_ELSEWHERE = new Set(['model.monitoring', 'model.rollout', 'events', '$schema']);

interface Node {
  readonly description?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly prefixItems?: readonly Node[];
  readonly additionalProperties?: Node | boolean;
  readonly anyOf?: readonly Node[];
}

/** The page with a table that is up to date. */
export function simulatePage(): string {
  const page = readFileSync(SIMULATE_PAGE, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${SIMULATE_PAGE} has no place between ${BEGIN.trim()} and ${END.trim()}`);
  return `${before}${BEGIN}\n${fieldTable()}\n${END}${after}`;
}

function fieldTable(): string {
  const schema = z.toJSONSchema(ScenarioFile, { io: 'input', reused: 'inline' }) as { $defs: Record<string, Node> };
  const rows = [...fieldsOf(Object.values(schema.$defs)[0]!, '')].map((cells) => `| ${cells.join(' | ')} |\n`);
  return `| field | what it says | values | unless said |\n|---|---|---|---|\n${rows.join('')}`;
}

function* fieldsOf({ properties = {}, required = [] }: Node, above: string): Generator<string[]> {
  for (const [name, node] of Object.entries(properties)) {
    const path = `${above}${name}`;
    const [what, ...otherwise] = (node.description ?? '').split(/\. Unless said: /);
    const fallback = otherwise[0] ?? (required.includes(name) ? '(must be said)' : defaultOf(node));
    yield [`\`${path}\``, what!, TOLD_ELSEWHERE.has(path) ? '' : valuesOf(node), fallback];
    if (TOLD_ELSEWHERE.has(path) || areBounds(node)) continue;
    if (node.items?.properties) yield* fieldsOf(node.items, `${path}[].`);
    else if (typeof node.additionalProperties === 'object') yield* fieldsOf(node.additionalProperties, `${path}.NAME.`);
    else yield* fieldsOf(node, `${path}.`);
  }
}

/** Bounds of a share, or of a quantity over the seeds: told once, above the table. */
const areBounds = ({ properties = {} }: Node): boolean => 'min' in properties || 'median' in properties;

function defaultOf({ default: value }: Node): string {
  if (value === undefined || value === '' || (typeof value === 'object' && Object.keys(value as object).length === 0))
    return '';
  return `\`${JSON.stringify(value)}\``;
}

function valuesOf(node: Node): string {
  const { anyOf, enum: names, const: only, type, properties, items, prefixItems, additionalProperties } = node;
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (names) return names.map((name) => `\`${JSON.stringify(name)}\``).join(', ');
  if (anyOf) return alternativesOf(anyOf);
  if (prefixItems) return `[${prefixItems.map(valuesOf).join(', ')}]`;
  if (items) return items.properties ? 'list' : `list of ${valuesOf(items)}`;
  if ('min' in (properties ?? {})) return 'bounds';
  if ('median' in (properties ?? {})) return 'bounds over the seeds';
  if (properties) return '';
  if (type === 'object')
    return typeof additionalProperties === 'object' && !additionalProperties.properties
      ? `by name: ${valuesOf(additionalProperties) || 'any'}`
      : 'by name';
  return type === 'number' || type === 'integer' ? rangeOf(node) : (type ?? '');
}

function alternativesOf(choices: readonly Node[]): string {
  const text = choices.find(({ pattern }) => pattern !== undefined);
  if (text) return text.pattern!.startsWith('^-?') ? 'moment' : 'duration';
  const [first] = choices;
  return choices.some(({ items }) => items?.properties?.from)
    ? `${valuesOf(first!)}, or changes`
    : choices.map(valuesOf).join(' or ');
}

/** `whole, 1 to 100`, `> 0`. Bounds that are only those of the number type are none. */
function rangeOf({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Node): string {
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
