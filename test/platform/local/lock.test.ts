import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { removeLeftLocks, withFileLock } from '../../../platform/local/lock.ts';
import { processToken } from '../../../platform/process-token.ts';
import { removeUnfinished } from '../../../platform/unfinished.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** A lock in a store of its own, which somebody has held for two hours without a sign of life. */
function lockOf(token: string): { root: string; lock: string } {
  const root = temporaryFolder('lock');
  const lock = path.join(root, '.unfinished', 'lock.0123');
  mkdirSync(path.dirname(lock));
  writeFileSync(lock, token);
  const then = new Date(Date.now() - 7_200_000);
  utimesSync(lock, then, then);
  return { root, lock };
}

/** Token of another process of this machine, made as its own would be. */
function tokenOf(pid: number): string {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const ticks = text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  return processToken()
    .replace(/^\d+/, String(pid))
    .replace(/[0-9a-z]+$/, Number(ticks).toString(36));
}

const locksIn = (root: string): string[] =>
  readdirSync(path.join(root, '.unfinished')).map((name) => path.join(root, '.unfinished', name));

let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

describe('a lock', () => {
  it.runIf(process.platform === 'linux')('stays that of a process that stands still, and falls with it', async () => {
    child = spawn('sleep', ['600']);
    const { root, lock } = lockOf(tokenOf(child.pid!));
    child.kill('SIGSTOP');
    for (const sweep of [removeLeftLocks, removeUnfinished]) await sweep(root);
    expect(existsSync(lock)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await removeLeftLocks(root);
    expect(existsSync(lock)).toBe(false);
  });

  it('of elsewhere is taken when there was no sign of life for long', async () => {
    for (const token of ['', '1-00000000-1', '1-0000000000000000-1']) {
      const { root, lock } = lockOf(token);
      await removeLeftLocks(root);
      expect(existsSync(lock), token).toBe(false);
    }
  });

  it('gets signs of life from whoever holds it', async () => {
    const root = temporaryFolder('lock');
    await withFileLock(root, 'file', async () => {
      const [lock] = locksIn(root);
      utimesSync(lock!, 0, 0);
      while (statSync(lock!).mtimeMs === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(readFileSync(lock!, 'utf8')).toBe(processToken());
    });
    expect(locksIn(root)).toEqual([]);
  });

  it('that somebody else has by now is left to them', async () => {
    const root = temporaryFolder('lock');
    await withFileLock(root, 'file', async () => {
      const [lock] = locksIn(root);
      rmSync(lock!);
      writeFileSync(lock!, 'theirs');
    });
    expect(locksIn(root).map((lock) => readFileSync(lock, 'utf8'))).toEqual(['theirs']);
  });
});
