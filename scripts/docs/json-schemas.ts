// What editors complete model.json and trimtab.config.json by, made from the schemas that parse them; written to
// schemas/ by `npm run generate`.
import * as z from 'zod';
import { Manifest } from '../../core/manifest/manifest.ts';
import { ScenarioFile } from '../../core/simulation/variants.ts';
import { ConfigFile } from '../../infra/config.ts';

/** What a published schema is called wherever its file is: other schemas refer to it by that. */
export const schemaId = (name: string): string => `urn:trimtab:schemas:${name.replaceAll('/', ':')}`;

/** Text of a schema that is published under a name. */
export function schemaText(name: string, { $schema, ...rest }: z.core.JSONSchema.BaseSchema): string {
  return `${JSON.stringify({ $schema, $id: schemaId(name), ...rest }, null, 2)}\n`;
}

const text = (name: string, schema: z.ZodType): string => schemaText(name, z.toJSONSchema(schema, { io: 'input' }));

export const modelSchema = (): string => text('model', Manifest);
export const scenarioSchema = (): string => text('scenario', ScenarioFile);
export const configSchema = (): string => text('trimtab.config', ConfigFile);
