#!/usr/bin/env node
// The `trimtab` command: TypeScript by way of tsx, from a checkout whose dependencies are installed.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
if (!existsSync(path.join(root, 'node_modules', 'tsx'))) {
  console.error('trimtab: its dependencies are not installed: run `npm ci` in its folder, or `npm start` once');
  process.exit(2);
}
process.env.ORT_DISABLE_TELEMETRY = '1';
const { register } = await import('tsx/esm/api');
register();
const { main } = await import('../cli/main.ts');
process.exitCode = await main(process.argv.slice(2), {
  out: (text) => console.log(text),
  err: (text) => console.error(text),
  env: process.env,
});
