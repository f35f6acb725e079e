import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';

/**
 * What a name stands for that is no file, in words; undefined for a file. To be asked before reading: a pipe that
 * nobody writes to is waited for without end, and a link may lead anywhere.
 *
 * @throws what `lstat` throws
 */
export async function notAFile(name: string): Promise<string | undefined> {
  return kindOf(await lstat(name));
}

/** The same, for files that are linked whole: an empty one was never written by this program. */
export async function notAWholeFile(name: string): Promise<string | undefined> {
  const info = await lstat(name);
  return kindOf(info) ?? (info.size === 0 ? 'it is empty' : undefined);
}

function kindOf(info: Stats): string | undefined {
  if (info.isFile()) return undefined;
  if (info.isDirectory()) return 'it is a folder';
  if (info.isSymbolicLink()) return 'it is a symbolic link';
  return info.isFIFO() ? 'it is a pipe' : 'it is a socket or a device';
}
