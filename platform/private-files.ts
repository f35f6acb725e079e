import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { makeFolder } from './make-folder.ts';

/** For the user alone. */
export const PRIVATE = { folder: 0o700, file: 0o600 } as const;
/** For the user's group as well: of a folder whose group may write and hands itself on (`chmod 2770`). */
export const SHARED = { folder: 0o2770, file: 0o660 } as const;

/** What others than the owner may do: the group in a shared folder, nobody else ever. */
export type FileAccess = typeof PRIVATE | typeof SHARED;

/** Whether somebody has shared a folder with its group: `chgrp GROUP FOLDER; chmod 2770 FOLDER`. */
export const isShared = (mode: number): boolean => (mode & 0o2070) === 0o2070;

/**
 * Who may read what is made in a folder. It follows from the folder itself, so that every process and every writer finds
 * the same, and the umask of none of them counts.
 */
export const accessIn = (folder: string): FileAccess => (isShared(modeOf(folder)) ? SHARED : PRIVATE);

/**
 * Makes a folder, and those above it, for their user alone, or for the group of the first one that was there, where it
 * is shared.
 *
 * @returns the topmost folder that was made; undefined when all were there
 */
export function makePrivateFolder(wanted: string): string | undefined {
  const folder = path.resolve(wanted);
  const first = makeFolder(folder, PRIVATE.folder);
  if (first === undefined) return undefined;
  if (accessIn(path.dirname(first)) === SHARED)
    for (let made = folder; made.length >= first.length; made = path.dirname(made)) chmodSync(made, SHARED.folder);
  return first;
}

/** Makes the file, and folders above it, unless they are there: for the user alone, or as its folder is shared. */
export function makePrivateFile(file: string): void {
  if (existsSync(file)) return;
  makePrivateFolder(path.dirname(file));
  const access = accessIn(path.dirname(file));
  closeSync(openSync(file, 'a', access.file));
  // The umask cannot widen a mode, and may narrow one.
  if (access === SHARED) chmodSync(file, access.file);
}

function modeOf(folder: string): number {
  return statSync(folder, { throwIfNoEntry: false })?.mode ?? 0;
}
