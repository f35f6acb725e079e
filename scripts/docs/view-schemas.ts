// JSON Schemas of what commands print with --json, and the page that lists them; written by `npm run generate`.
import * as z from 'zod';
import { COMMAND_VIEWS, type View, WITHOUT_VIEW } from '../../cli/views.ts';
import { Manifest } from '../../core/manifest/manifest.ts';
import { schemaId, schemaText } from './json-schemas.ts';

const MANIFEST_ID = z.globalRegistry.get(Manifest)?.id;

const fileOf = ({ name }: View): string => `schemas/views/${name}.schema.json`;

/** Published files by their path, and the text of each. */
export const viewSchemas: Readonly<Record<string, () => string>> = Object.fromEntries(
  Object.values(COMMAND_VIEWS).map((view) => [fileOf(view), () => viewText(view)]),
);

function viewText({ name, schema, about }: View): string {
  const json = z.toJSONSchema(schema, {
    io: 'output',
    override: ({ zodSchema, jsonSchema }) => {
      // What the format says, over three hundred characters long.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      if (z.globalRegistry.get(zodSchema)?.id !== MANIFEST_ID) return;
      // It has a file of its own.
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      Object.assign(jsonSchema, { $ref: schemaId('model'), description: 'model.json, as it was parsed.' });
    },
  });
  const { $schema, ...rest } = json;
  return schemaText(`views/${name}`, { $schema, title: `trimtab ${name}`, description: `${about}.`, ...rest });
}

const rows = Object.entries(COMMAND_VIEWS).map(
  ([command, view]) => `| \`${command}\` | [${view.name}](../${fileOf(view)}) | ${view.about} |`,
);
const silent = Object.entries(WITHOUT_VIEW).map(([command, why]) => `| \`${command}\` | none | ${why} |`);

/** docs/views.md */
export const viewsPage = (): string => `# What commands print with \`--json\`

With \`--json\` a command prints one JSON document on the standard output, an object of the schema below; none prints a stream. The text for people is made of the same object (but that it shows keys of a local home as files, and behind an entry of the ledger the commands that go on and that undo it), with control characters and line breaks of names and values as escapes (\`\\u001b\`). Made of [the list](../cli/views.ts) by \`npm run generate\`.

| command | schema | what it is |
| --- | --- | --- |
${[...rows, ...silent].join('\n')}

## Validation

Each schema has an \`$id\` of its own, \`${schemaId('views/<schema>')}\`. Those that hold a manifest refer to that of \`model.json\`, [\`${schemaId('model')}\`](../schemas/model.schema.json): give a validator all files of \`schemas/\`, and name the one that is wanted by its \`$id\`. Nothing is fetched. With [ajv](https://ajv.js.org):

\`\`\`js
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

const ajv = new Ajv2020({ strict: false, validateFormats: false });
for (const file of readdirSync('schemas', { recursive: true }))
  if (file.endsWith('.schema.json')) ajv.addSchema(JSON.parse(readFileSync(\`schemas/\${file}\`, 'utf8')));
ajv.validate('${schemaId('views/registration')}', printed);
\`\`\`

## Rules

- Instants are ISO 8601 in UTC with milliseconds. Durations and sizes have their unit in the name: \`latencyMs\`, \`everySeconds\`, \`memoryMb\`, \`bytes\`.
- What is unknown or not there is \`null\`, and a field beside it says why. Numbers are finite; an integer beyond 2^53 is a string.
- There are no fields beside those of the schema. Fields may be absent only in documents that appear as they are stored (ledger entries, version records and their manifests, dataset versions, counts of erasures): there an absent field is one that the document does not have.

## Errors

What goes wrong is a sentence on the standard error, also with \`--json\`. The exit status says which kind it is:

| status | meaning | standard output with \`--json\` |
| --- | --- | --- |
| 0 | done | the object |
| 1 | the check failed: \`validate\`, \`drift\`, \`smoke\`, \`doctor\`, \`history --verify\`, \`forget\` | the object, which has what was found |
| 1 | refused: the registry does not allow it, somebody else was first, nothing is known by an id, or the endpoint does not answer | nothing |
| 2 | wrong usage, or names what is not there | nothing |

Where the reader of the output ends early (\`| head\`), the rest is not said, and the command ends as it would have.
`;
