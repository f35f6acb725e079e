import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { WorkerEntry } from './worker-process.ts';

/**
 * How a worker is started: in a checkout from its source, by way of tsx; in the package, where everything is one file,
 * by the file beside it.
 */
export function workerEntry(): WorkerEntry {
  const source = fileURLToPath(new URL('./entry.ts', import.meta.url));
  if (!existsSync(source)) return { file: fileURLToPath(new URL('./worker.cjs', import.meta.url)) };
  return { file: source, execArgv: ['--import', createRequire(import.meta.url).resolve('tsx')] };
}
