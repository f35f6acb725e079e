import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** Files under this name are being written; after a crash they are litter, never content. */
const UNFINISHED = '.unfinished-';
/** Litter younger than this may still be somebody's write. */
const LITTER_AGE_MS = 3_600_000;

export const isUnfinished = (name: string): boolean => name.startsWith(UNFINISHED);

/**
 * Puts content under a path, whole or not at all, whatever kills the process: it is written beside, flushed to the
 * disk, and only then given its name.
 *
 * @param fill writes the content to the path it is given
 * @returns false, having written nothing, when `ifAbsent` and the path exists; of several writers at once one wins
 */
export async function place(target: string, fill: (path: string) => Promise<void>, ifAbsent = false): Promise<boolean> {
  const folder = path.dirname(target);
  await mkdir(folder, { recursive: true });
  const unfinished = path.join(folder, `${UNFINISHED}${randomUUID()}`);
  try {
    await fill(unfinished);
    await flush(unfinished);
    if (ifAbsent) {
      try {
        // Unlike rename, link refuses an existing name: the file system itself picks the one winner.
        await link(unfinished, target);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      }
    } else await rename(unfinished, target);
    await flush(folder);
    return true;
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** Makes what was written survive a power cut. */
async function flush(target: string): Promise<void> {
  const handle = await open(target, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems cannot flush a folder; there the name itself is as safe as it gets.
    if (!['EINVAL', 'EPERM', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/** Clears what killed processes left unfinished in a folder and below. */
export async function sweep(folder: string, now: number): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || !isUnfinished(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    const info = await stat(file).catch(() => undefined);
    if (info && now - info.mtimeMs > LITTER_AGE_MS) await rm(file, { force: true });
  }
}
