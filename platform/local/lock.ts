import { createHash } from 'node:crypto';
import { type FileHandle, link, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../errors.ts';
import { accessIn, makePrivateFolder } from '../private-files.ts';
import { isProcessGone, isProcessHere, processToken } from '../process-token.ts';
import { UNFINISHED, unfinishedIn } from '../unfinished.ts';
import { codeOf, isAbsent } from './atomic.ts';

/** How often the holder of a lock gives a sign of life; milliseconds. */
const BEAT_MS = 1_000;
/** Without one for so long, a lock of another machine or container was left behind. */
const STALE_MS = 10_000;
const MAX_WAIT_MS = 30_000;
const LOOK_MS = 2;

/**
 * Runs work while no other process of any program runs work on the same file of a store. A file system has no
 * conditional write: the look and the write after it must not be interrupted by another writer that looks, too. Hence a
 * lock is never taken from a process of this machine that lives, however long it has stood still: it may go on with its
 * write at any moment. Others wait, and give up after half a minute.
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
  const held = await waitFor(root, file, lock);
  const beat = setInterval(() => void held.write(processToken(), 0).catch(() => undefined), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await release(lock, held);
  }
}

async function waitFor(root: string, file: string, lock: string): Promise<FileHandle> {
  const end = Date.now() + MAX_WAIT_MS;
  for (;;) {
    const held = await acquire(lock);
    if (held !== undefined) return held;
    const left = await leftBehind(lock);
    if (left !== undefined) await takeAway(root, lock, left);
    else if (Date.now() > end) throw new PlatformError(`${file} is locked by ${await holderOf(lock)} for too long`);
    else await sleep(LOOK_MS);
  }
}

async function acquire(lock: string): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(lock, 'wx', accessIn(path.dirname(lock)).file);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
  try {
    await handle.write(processToken(), 0);
    return handle;
  } catch (error) {
    // On a full disk. One without a name would keep others waiting.
    await release(lock, handle);
    throw error;
  }
}

/** Takes a lock away that is held, unless it has been taken for one that was left, and is another's by now. */
async function release(lock: string, held: FileHandle): Promise<void> {
  // While it is open, no other file gets its inode.
  const [own, there] = await Promise.all([held.stat(), stat(lock).catch(() => undefined)]);
  await held.close();
  if (there?.ino === own.ino) await rm(lock, { force: true });
}

/** Inode of a lock whose holder was killed. */
async function leftBehind(lock: string): Promise<number | undefined> {
  try {
    const { ino, mtimeMs } = await stat(lock);
    const token = await readFile(lock, 'utf8');
    const left = isProcessGone(token) || (!isProcessHere(token) && Date.now() - mtimeMs > STALE_MS);
    return left ? ino : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Who has a lock, in words. */
async function holderOf(lock: string): Promise<string> {
  const token = await readFile(lock, 'utf8').catch(() => '');
  return isProcessHere(token) ? `process ${token.split('-')[0]}` : 'a process of another machine or container';
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
