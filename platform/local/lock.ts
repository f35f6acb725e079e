import { createHash } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../errors.ts';
import { accessIn, makePrivateFolder } from '../private-files.ts';
import { isProcessGone, processToken } from '../process-token.ts';
import { UNFINISHED, unfinishedIn } from '../unfinished.ts';
import { codeOf, isAbsent } from './atomic.ts';

/** A lock is held for a look and a rename: what is older was left by a machine that is gone. */
const STALE_MS = 10_000;
const MAX_WAIT_MS = 30_000;
const LOOK_MS = 2;

/**
 * Runs work while no other process of any program runs work on the same file of a store. A file system has no
 * conditional write: the look and the write after it must not be interrupted by another writer that looks, too.
 *
 * @throws PlatformError when the lock is not to be had
 */
export async function withFileLock<T>(root: string, file: string, work: () => Promise<T>): Promise<T> {
  const name = createHash('sha256').update(file).digest('hex').slice(0, 32);
  const lock = path.join(root, UNFINISHED, `lock.${name}`);
  try {
    makePrivateFolder(path.dirname(lock));
  } catch (cause) {
    throw new PlatformError(`${file} cannot be locked: ${(cause as Error).message}`, { cause });
  }
  const end = Date.now() + MAX_WAIT_MS;
  while (!(await acquire(lock))) {
    const left = await leftBehind(lock);
    if (left !== undefined) await takeAway(root, lock, left);
    else if (Date.now() > end) throw new PlatformError(`${file} is locked by another process for too long`);
    else await sleep(LOOK_MS);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function acquire(lock: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx', accessIn(path.dirname(lock)).file);
    await handle.writeFile(processToken());
    await handle.close();
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Inode of a lock whose holder was killed. */
async function leftBehind(lock: string): Promise<number | undefined> {
  try {
    const { ino, mtimeMs } = await stat(lock);
    return Date.now() - mtimeMs > STALE_MS || isProcessGone(await readFile(lock, 'utf8')) ? ino : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Of several that find a lock left behind, the rename picks the one that removes it. */
async function takeAway(root: string, lock: string, left: number): Promise<void> {
  const away = unfinishedIn(root);
  try {
    await rename(lock, away);
    // Somebody else was first, and has locked it again since: that one stays.
    if ((await stat(away)).ino !== left) await link(away, lock);
  } catch (error) {
    if (!isAbsent(error) && codeOf(error) !== 'EEXIST') throw error;
  }
  await rm(away, { force: true });
}

/** Takes locks away that killed processes left in a store. */
export async function removeLeftLocks(root: string): Promise<void> {
  const folder = path.join(root, UNFINISHED);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith('lock.')) continue;
    const lock = path.join(folder, name);
    const left = await leftBehind(lock);
    if (left !== undefined) await takeAway(root, lock, left);
  }
}
