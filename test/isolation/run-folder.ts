import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder that all temporary folders of the run are in. */
    readonly runFolder: string;
  }
}

/** Makes the folder of the run. What a test that was killed has left in it goes with it. */
export function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-tests-'));
  // Functions are run as another user, who must get through to what is his.
  chmodSync(folder, 0o711);
  provide('runFolder', folder);
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  // Of a run that is interrupted vitest tears nothing down.
  process.once('exit', remove);
  return remove;
}
