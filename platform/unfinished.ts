import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { isLeft, processToken } from './process-token.ts';

/** Folder of a store for files that are being written; after a crash they are litter, never content. */
export const UNFINISHED = '.unfinished';
/** Litter of other machines and containers, whose processes cannot be asked for, is cleared when it is older than this. */
const LITTER_AGE_MS = 3_600_000;

/** A name for a file of a store that is being written, which tells the sweep whose it is. */
export const unfinishedIn = (root: string): string => path.join(root, UNFINISHED, `${processToken()}.${randomUUID()}`);

/** Clears what killed processes left unfinished in a store, as far as anything may be written to it. */
export async function removeUnfinished(root: string): Promise<void> {
  for (const file of await leftIn(root)) await rm(file, { force: true }).catch(() => undefined);
}

/** Files of a store whose writers were killed. */
export async function leftIn(root: string): Promise<string[]> {
  const folder = path.join(root, UNFINISHED);
  const names = await readdir(folder).catch(() => []);
  return (
    names
      // Who has a lock is in it: those are removed by whoever locks.
      .filter((name) => !name.startsWith('lock.'))
      .filter((name) => isLeft(name.split('.')[0]!, path.join(folder, name), LITTER_AGE_MS))
      .map((name) => path.join(folder, name))
  );
}
