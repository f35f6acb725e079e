// Writes every file that is made of code and committed (`npm run generate`); tests hold each of them against its source.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { GRAFANA_FILE, grafanaDashboard } from './grafana-dashboard.ts';
import { configSchema, modelSchema, scenarioSchema } from './json-schemas.ts';
import { MODEL_JSON_PAGE, modelJsonPage } from './model-json-page.ts';
import { permissionsPage } from './permissions-page.ts';
import { SIMULATE_PAGE, simulatePage } from './scenario-fields.ts';
import { viewSchemas, viewsPage } from './view-schemas.ts';

const FILES: Readonly<Record<string, () => string>> = {
  'schemas/model.schema.json': modelSchema,
  'schemas/scenario.schema.json': scenarioSchema,
  'schemas/trimtab.config.schema.json': configSchema,
  ...viewSchemas,
  'docs/permissions.md': permissionsPage,
  'docs/views.md': viewsPage,
  [MODEL_JSON_PAGE]: modelJsonPage,
  [SIMULATE_PAGE]: simulatePage,
  [GRAFANA_FILE]: grafanaDashboard,
};

// A view that no command prints any more leaves no schema behind.
rmSync('schemas/views', { recursive: true, force: true });
mkdirSync('schemas/views', { recursive: true });
for (const [file, text] of Object.entries(FILES)) writeFileSync(file, text());
