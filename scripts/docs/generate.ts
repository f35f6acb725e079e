// Writes every file that is made of code and committed (`npm run generate`); tests hold each of them against its source.
import { writeFileSync } from 'node:fs';
import { GRAFANA_FILE, grafanaDashboard } from './grafana-dashboard.ts';
import { configSchema, modelSchema, scenarioSchema } from './json-schemas.ts';
import { permissionsPage } from './permissions-page.ts';

const FILES: Readonly<Record<string, () => string>> = {
  'schemas/model.schema.json': modelSchema,
  'schemas/scenario.schema.json': scenarioSchema,
  'schemas/trimtab.config.schema.json': configSchema,
  'docs/permissions.md': permissionsPage,
  [GRAFANA_FILE]: grafanaDashboard,
};

for (const [file, text] of Object.entries(FILES)) writeFileSync(file, text());
