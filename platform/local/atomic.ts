import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { lossWords } from '../../core/observability/bookkeeping.ts';
import { PlatformError } from '../errors.ts';

/** Folder of a store for files that are being written; after a crash they are litter, never content. */
export const UNFINISHED = '.unfinished';
/** Litter of other machines, whose processes cannot be asked for, is cleared when it is older than this. */
const LITTER_AGE_MS = 3_600_000;

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
  // The name tells the sweep whose it is.
  const unfinished = path.join(root, UNFINISHED, `${process.pid}.${randomUUID()}.${os.hostname()}`);
  try {
    await mkdir(path.dirname(unfinished), { recursive: true });
    await fill(unfinished);
    await flush(unfinished);
    await makeFolder(path.dirname(target));
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

/** Makes a folder and those above it, names included, that survive a power cut. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
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

/** Clears what killed processes left unfinished in a store, as far as anything may be written to it. */
export async function removeUnfinished(root: string): Promise<void> {
  const folder = path.join(root, UNFINISHED);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const file = path.join(folder, name);
    const info = await stat(file).catch(() => undefined);
    if (info && (Date.now() - info.mtimeMs > LITTER_AGE_MS || isOrphan(name)))
      await rm(file, { force: true }).catch(() => undefined);
  }
}

/** Whether the process that was writing it, on this machine, is no more. */
function isOrphan(name: string): boolean {
  const [pid, , ...host] = name.split('.');
  if (host.join('.') !== os.hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}
