// Writes schemas/model.schema.json: what editors complete model.json by, made from the schema that parses it.
import { writeFileSync } from 'node:fs';
import * as z from 'zod';
import { Manifest } from '../core/model/manifest.ts';

export const modelSchema = (): string => `${JSON.stringify(z.toJSONSchema(Manifest, { io: 'input' }), null, 2)}\n`;

if (process.argv[2] === '--write') writeFileSync('schemas/model.schema.json', modelSchema());
