// Writes schemas/: what editors complete model.json and trimtab.config.json by, made from the schemas that parse them.
import { writeFileSync } from 'node:fs';
import * as z from 'zod';
import { Manifest } from '../../core/manifest/manifest.ts';
import { ConfigFile } from '../../infra/config.ts';

const text = (schema: z.ZodType): string => `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`;

export const modelSchema = (): string => text(Manifest);
export const configSchema = (): string => text(ConfigFile);

if (process.argv[2] === '--write') {
  writeFileSync('schemas/model.schema.json', modelSchema());
  writeFileSync('schemas/trimtab.config.schema.json', configSchema());
}
