import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder, and those above it that are not there. Node's own `recursive` never ends where a file system refuses a
 * folder by saying that there is none above it, as /proc does.
 *
 * @param mode of those that are made
 * @returns the topmost folder that was made; undefined when all were there
 * @throws the error of the file system
 */
export function makeFolder(wanted: string, mode = 0o777): string | undefined {
  const folder = path.resolve(wanted);
  const missing: string[] = [];
  for (let at = folder; at !== path.dirname(at) && !isThere(at); at = path.dirname(at)) missing.unshift(at);
  // Something that is no folder says so itself.
  if (missing.length === 0 && !statSync(folder).isDirectory()) mkdirSync(folder);
  let first: string | undefined;
  for (const each of missing) {
    try {
      mkdirSync(each, { mode });
      first ??= each;
    } catch (error) {
      // Another process was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(each).isDirectory()) throw error;
    }
  }
  return first;
}

function isThere(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw error;
  }
}
