import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Puts what was built in the place of what was built before, which others may be reading just now: as a whole, and only
 * where it is not the same.
 *
 * @param kept names of files that are made later and beside the others; they stay where the others are the same
 */
export async function replaceFolder(target: string, built: string, kept: RegExp): Promise<void> {
  const before = `${built}.before`;
  await mkdir(path.dirname(target), { recursive: true });
  if (!(await isSame(target, built, kept))) {
    await rename(target, before).catch(unless('ENOENT'));
    // Somebody else may build at the same time, and have been faster.
    await rename(built, target).catch(unless('ENOTEMPTY', 'EEXIST', 'EPERM'));
  }
  for (const folder of [built, before]) await rm(folder, { recursive: true, force: true });
}

/** Whether two folders have the same files, with the same content. */
async function isSame(one: string, other: string, kept: RegExp): Promise<boolean> {
  const [files, others] = [await filesOf(one, kept), await filesOf(other, kept)];
  if (files.join('\n') !== others.join('\n')) return false;
  for (const file of files) {
    const [a, b] = await Promise.all([one, other].map((folder) => readFile(path.join(folder, file))));
    if (!a!.equals(b!)) return false;
  }
  return true;
}

async function filesOf(folder: string, kept: RegExp): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && !kept.test(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

const unless =
  (...codes: readonly string[]) =>
  (error: NodeJS.ErrnoException): void => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
