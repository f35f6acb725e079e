// Writes every file that is made of code and committed (`npm run generate`); tests hold each of them against its source.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { GRAFANA_FILE, grafanaDashboard } from './grafana-dashboard.ts';
import { configSchema, modelSchema } from './json-schemas.ts';
import { permissionsPage } from './permissions-page.ts';
import { viewSchemas, viewsPage } from './view-schemas.ts';

const FILES: Readonly<Record<string, () => string>> = {
  'schemas/model.schema.json': modelSchema,
  'schemas/trimtab.config.schema.json': configSchema,
  ...viewSchemas,
  'docs/permissions.md': permissionsPage,
  'docs/views.md': viewsPage,
  [GRAFANA_FILE]: grafanaDashboard,
};

// A view that no command prints any more leaves no schema behind.
rmSync('schemas/views', { recursive: true, force: true });
mkdirSync('schemas/views', { recursive: true });
for (const [file, text] of Object.entries(FILES)) writeFileSync(file, text());
