#!/usr/bin/env node
// The `trimtab` command: in a checkout from its sources, by way of tsx; in the package as it was built.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

async function fromSources() {
  if (!existsSync(path.join(root, 'node_modules', 'tsx'))) {
    console.error('trimtab: its dependencies are not installed: run `npm ci` in its folder, or `npm start` once');
    process.exit(2);
  }
  const { register } = await import('tsx/esm/api');
  register();
  return import('../cli/main.ts');
}

// Whoever reads may have had enough (`| head`): what is left is not said, and the command ends as it would have.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });

// A file beyond the size that a process may write (`ulimit -f`) is a write that fails, and not the end of the process.
if (process.platform !== 'win32') process.on('SIGXFSZ', () => undefined);

process.env.ORT_DISABLE_TELEMETRY = '1';
const { main } = existsSync(path.join(root, 'cli', 'main.ts'))
  ? await fromSources()
  : await import('../dist/lib/trimtab.cjs');
process.exitCode = await main(process.argv.slice(2), {
  out: (text) => console.log(text),
  err: (text) => console.error(text),
  env: process.env,
  terminal: { out: process.stdout.isTTY === true, err: process.stderr.isTTY === true },
});
