// The table of a scenario's fields in docs/simulate.md, made of the schema by `npm run generate`.
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { ScenarioFile } from '../../core/simulation/variants.ts';
import { defaultText, type SchemaNode, valuesText } from './schema-fields.ts';

export const SIMULATE_PAGE = 'docs/simulate.md';
const BEGIN = '<!-- fields: generated -->\n';
const END = '<!-- end of fields -->\n';

/** Fields whose own are told elsewhere. */
const TOLD_ELSEWHERE = new Set(['model.monitoring', 'model.rollout', 'events', '$schema']);

/** The page with a table that is up to date. */
export function simulatePage(): string {
  const page = readFileSync(SIMULATE_PAGE, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${SIMULATE_PAGE} has no place between ${BEGIN.trim()} and ${END.trim()}`);
  return `${before}${BEGIN}\n${fieldTable()}\n${END}${after}`;
}

function fieldTable(): string {
  const schema = z.toJSONSchema(ScenarioFile, { io: 'input', reused: 'inline' }) as {
    $defs: Record<string, SchemaNode>;
  };
  const rows = [...fieldsOf(Object.values(schema.$defs)[0]!, '')].map((cells) => `| ${cells.join(' | ')} |\n`);
  return `| field | what it says | values | unless said |\n|---|---|---|---|\n${rows.join('')}`;
}

function* fieldsOf({ properties = {}, required = [] }: SchemaNode, above: string): Generator<string[]> {
  for (const [name, node] of Object.entries(properties)) {
    const path = `${above}${name}`;
    const [what, ...otherwise] = (node.description ?? '').split(/\. Unless said: /);
    const fallback = otherwise[0] ?? (required.includes(name) ? '(must be said)' : defaultText(node));
    yield [`\`${path}\``, what!, TOLD_ELSEWHERE.has(path) ? '' : valuesText(node), fallback];
    if (TOLD_ELSEWHERE.has(path) || areBounds(node)) continue;
    if (node.items?.properties) yield* fieldsOf(node.items, `${path}[].`);
    else if (typeof node.additionalProperties === 'object') yield* fieldsOf(node.additionalProperties, `${path}.NAME.`);
    else yield* fieldsOf(node, `${path}.`);
  }
}

/** Bounds of a share, or of a quantity over the seeds: told once, above the table. */
const areBounds = ({ properties = {} }: SchemaNode): boolean => 'min' in properties || 'median' in properties;
