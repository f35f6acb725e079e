import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { WorkerEntry } from './worker-process.ts';

/**
 * The file that a worker process runs: in a checkout the TypeScript source, through tsx; in the bundled package the file
 * `worker.cjs` beside the bundle.
 */
export function workerEntry(): WorkerEntry {
  const source = fileURLToPath(new URL('./entry.ts', import.meta.url));
  if (!existsSync(source)) return { file: fileURLToPath(new URL('./worker.cjs', import.meta.url)) };
  return { file: source, execArgv: ['--import', createRequire(import.meta.url).resolve('tsx')] };
}
