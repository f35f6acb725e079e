import { chmod, link, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { lossWords } from '../../core/observability/bookkeeping.ts';
import { PlatformError } from '../errors.ts';
import { accessIn, makePrivateFolder } from '../private-files.ts';
import { unfinishedIn } from '../unfinished.ts';

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** No such file, or a file where a folder should be: nothing is there. Anything else must not pass for that. */
export const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));

/**
 * Puts content under a path, whole or not at all, whatever kills the process: it is written elsewhere in the store,
 * flushed to the disk, and only then given its name.
 *
 * @param root folder of the store, on one file system
 * @param fill writes the content to the path it is given
 * @param options.place gives the name, or does not when the content does not fit any more
 * @returns false, having written nothing, when it does not fit, or when `ifAbsent` and the path exists; of several writers at once one wins
 * @throws PlatformError when the file system fails or is full
 */
export async function writeAtomically(
  root: string,
  target: string,
  fill: (path: string) => Promise<void>,
  {
    ifAbsent = false,
    place,
  }: { ifAbsent?: boolean | undefined; place?: (rename: () => Promise<void>) => Promise<boolean> } = {},
): Promise<boolean> {
  const unfinished = unfinishedIn(root);
  try {
    makePrivateFolder(path.dirname(unfinished));
    await fill(unfinished);
    const made = makePrivateFolder(path.dirname(target));
    // Whatever it was filled from, and whatever the umask: a copy has the mode of its source.
    await chmod(unfinished, accessIn(path.dirname(target)).file);
    await flush(unfinished);
    await flushNames(path.dirname(target), made);
    if (place) {
      if (!(await place(() => rename(unfinished, target)))) return false;
    } else if (!ifAbsent) await rename(unfinished, target);
    else if (!(await linked(unfinished, target))) return false;
    await flush(path.dirname(target));
    return true;
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    throw new PlatformError(`${target} cannot be written, ${lossWords(error)}: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    // What failed is told, not that the rest of it is in the way.
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

/** Unlike rename, link refuses an existing name: the file system itself picks the one winner. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error)))
      throw new PlatformError(`${to} is on a file system without hard links: keep the home on another`, {
        cause: error,
      });
    throw error;
  }
}

/** Makes the names of folders that were made survive a power cut, the topmost included. */
async function flushNames(folder: string, first: string | undefined): Promise<void> {
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = path.dirname(made)) await flush(path.dirname(made));
}

/** Makes what was written survive a power cut. */
async function flush(target: string): Promise<void> {
  const handle = await open(target, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems cannot flush a folder; there the name itself is as safe as it gets.
    if (!['EINVAL', 'EPERM', 'EISDIR', 'EBADF'].includes(codeOf(error))) throw error;
  } finally {
    await handle.close();
  }
}
