// What editors complete model.json and trimtab.config.json by, made from the schemas that parse them; written to
// schemas/ by `npm run generate`.
import * as z from 'zod';
import { Manifest } from '../../core/manifest/manifest.ts';
import { ScenarioFile } from '../../core/simulation/variants.ts';
import { ConfigFile } from '../../infra/config.ts';

const text = (schema: z.ZodType): string => `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`;

export const modelSchema = (): string => text(Manifest);
export const scenarioSchema = (): string => text(ScenarioFile);
export const configSchema = (): string => text(ConfigFile);
