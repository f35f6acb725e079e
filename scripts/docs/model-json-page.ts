// docs/model-json.md, the reference of model.json, made of the schema that parses it by `npm run generate`.
import * as z from 'zod';
import { DURATION_PATTERN } from '../../core/manifest/duration.ts';
import { Manifest } from '../../core/manifest/manifest.ts';
import { defaultText, type SchemaNode, valuesText } from './schema-fields.ts';

export const MODEL_JSON_PAGE = 'docs/model-json.md';

/** Objects whose members are sections themselves: each is a subject of its own. */
const SPLIT = new Set(['contract']);

/** The page. */
export function modelJsonPage(): string {
  const schema = z.toJSONSchema(Manifest, { io: 'input', reused: 'inline' }) as { $defs: Record<string, SchemaNode> };
  return `# model.json

The manifest of a model folder, field by field, made of [the schema](../schemas/model.schema.json) that parses it by \`npm run generate\`. \`trimtab init\` writes one, with \`$schema\`, by which editors complete it; [models](models.md) says what for. Unknown keys are errors. \`[]\` stands for each element of a list, \`NAME\` for each name of a map.

${sectionsOf(Object.values(schema.$defs)[0]!, '').join('\n')}`;
}

/** Fields without fields of their own in one table, and a section for each of the others. */
function sectionsOf({ properties = {}, required = [] }: SchemaNode, above: string): string[] {
  const fields = Object.entries(properties);
  const plain = fields.filter(([, node]) => partsOf(node, '').length === 0);
  const tables =
    plain.length === 0 ? [] : [table(plain.map(([name, node]) => rowOf(above + name, node, required.includes(name))))];
  for (const [name, node] of fields.filter(([, field]) => partsOf(field, '').length > 0)) {
    const path = above + name;
    const head = `${above === '' ? '##' : '###'} ${path}\n\n${node.description}${required.includes(name) ? ' It must be there.' : ''}\n`;
    if (SPLIT.has(path)) tables.push(head, ...sectionsOf(node, `${path}.`));
    else if (node.oneOf)
      tables.push(head, ...node.oneOf.flatMap((choice) => [titleOf(choice), table(rowsOf(choice, `${path}.`))]));
    else tables.push(head, table(partsOf(node, path).flatMap(([part, at]) => rowsOf(part, at))));
  }
  return tables;
}

/** What tells one of several kinds from the others. */
function titleOf({ properties = {} }: SchemaNode): string {
  const [name, node] = Object.entries(properties).find(([, { const: only }]) => only !== undefined)!;
  return `With \`"${name}": ${JSON.stringify(node.const)}\`:\n`;
}

/** The objects that a field holds, with the path in front of their fields. */
function partsOf(node: SchemaNode, path: string): [SchemaNode, string][] {
  const { properties, items, additionalProperties, anyOf = [], oneOf = [] } = node;
  if (properties) return [[node, `${path}.`]];
  if (items) return partsOf(items, `${path}[]`);
  if (typeof additionalProperties === 'object') return partsOf(additionalProperties, `${path}.NAME`);
  return [...anyOf, ...oneOf].flatMap((choice) => partsOf(choice, path));
}

function rowsOf({ properties = {}, required = [] }: SchemaNode, above: string): string[] {
  return Object.entries(properties).flatMap(([name, node]) => [
    rowOf(above + name, node, required.includes(name)),
    ...partsOf(node, above + name).flatMap(([part, at]) => rowsOf(part, at)),
  ]);
}

function rowOf(path: string, node: SchemaNode, isRequired: boolean): string {
  const values =
    node.pattern === DURATION_PATTERN.source ? 'duration: `"90s"`, `"20m"`, `"24h"`, `"7d"`' : valuesText(node);
  const fallback = isRequired ? '(must be said)' : defaultText(node);
  return `| \`${path}\` | ${[node.description!, values || 'object', fallback].join(' | ')} |\n`;
}

const table = (rows: readonly string[]): string =>
  `| field | what it says | values | unless said |\n|---|---|---|---|\n${rows.join('')}`;
