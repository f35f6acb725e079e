import { chmod, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { PRIVATE } from '../platform/private-files.ts';
import { makeTemporaryFolder, resultsName } from '../platform/temporary-folder.ts';

/**
 * Makes results in a new temporary folder that is the user's, to look at and to remove, and alone the user's: it goes
 * after a week. Until they are whole it is a working folder of this process: half of them, which a kill leaves, goes at
 * the next start.
 *
 * @param purpose what they are: lower-case letters
 * @returns the folder, and what the work gave
 */
export async function resultsFolder<T>(
  purpose: string,
  work: (folder: string) => Promise<T>,
): Promise<{ folder: string; made: T }> {
  const working = await makeTemporaryFolder(purpose);
  try {
    const made = await work(working);
    for (const name of await readdir(working)) await chmod(path.join(working, name), PRIVATE.file);
    const folder = resultsName(purpose);
    await rename(working, folder);
    return { folder, made };
  } finally {
    await rm(working, { recursive: true, force: true });
  }
}
