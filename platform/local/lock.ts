import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../errors.ts';
import { codeOf, isAbsent, UNFINISHED } from './atomic.ts';

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
  await mkdir(path.dirname(lock), { recursive: true });
  const end = Date.now() + MAX_WAIT_MS;
  while (!(await acquire(lock))) {
    if (await isLeft(lock)) await takeAway(lock);
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
    const handle = await open(lock, 'wx');
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Whether whoever holds the lock was killed. */
async function isLeft(lock: string): Promise<boolean> {
  try {
    if (Date.now() - (await stat(lock)).mtimeMs > STALE_MS) return true;
    const pid = Number(await readFile(lock, 'utf8'));
    if (!(pid > 0)) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    if (isAbsent(error)) return false;
    return codeOf(error) === 'ESRCH';
  }
}

/** Of several that find a lock left behind, the rename picks the one that removes it. */
async function takeAway(lock: string): Promise<void> {
  const away = `${lock}.${process.pid}.${performance.now()}`;
  try {
    await rename(lock, away);
    await rm(away, { force: true });
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
