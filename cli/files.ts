import { accessSync, constants, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Home } from '../platform/ports.ts';
import { UsageError } from './errors.ts';

/**
 * A file that can be read and has something in it.
 *
 * @throws UsageError saying what is there instead
 */
export function assertFileExists(file: string, { mayBeEmpty = false }: { readonly mayBeEmpty?: boolean } = {}): void {
  try {
    const found = statSync(file);
    if (found.isDirectory()) throw new UsageError(`${file} is a folder, expected a file`);
    if (found.isFile() && found.size === 0 && !mayBeEmpty) throw new UsageError(`${file} is empty`);
    accessSync(file, constants.R_OK);
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(fileErrorText(error) ?? (error as Error).message);
  }
}

/** A path as whoever is in this folder writes it: below it relative, else as it is. */
export function shownPath(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}

/** Where an object of the store of data is: of a local home the file, else its key. */
export const dataPlace =
  ({ kind, description }: Pick<Home, 'kind' | 'description'>) =>
  (key: string): string =>
    kind === 'local' ? shownPath(path.join(description, 'data', key)) : key;

/** Gives a key its place. */
export type PlaceOf = ReturnType<typeof dataPlace>;

/** What an error of the file system says, in words; undefined for other errors. */
export function fileErrorText(error: unknown): string | undefined {
  const { code, path: file, syscall, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === undefined || syscall === undefined) return undefined;
  const where = file === undefined ? 'a file' : shownPath(file);
  switch (code) {
    case 'ENOENT':
      if (file === undefined) return undefined;
      return syscall === 'mkdir' ? `no folder can be made at ${where}` : missingText(file);
    case 'ENOTDIR':
      return file === undefined ? undefined : `${shownPath(firstThatIsNoFolder(file))} is a file, expected a folder`;
    case 'EEXIST':
      return syscall === 'mkdir' ? `${where} is a file, expected a folder` : `${where} exists`;
    case 'EISDIR':
      return file === undefined
        ? 'a folder was named where a file is expected'
        : `${where} is a folder, expected a file`;
    case 'EACCES':
    case 'EPERM':
      return `${where} is not yours to ${VERBS[syscall] ?? 'use'}: you are ${os.userInfo().username}, see its owner and mode`;
    case 'EADDRINUSE':
      return port === undefined ? undefined : `port ${port} is in use already: name another one with --port`;
    case 'EROFS':
      return `${where} cannot be written: the file system is read-only`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `${where} cannot be written: there is no room left`;
    default:
      return undefined;
  }
}

const VERBS: Readonly<Record<string, string>> = {
  mkdir: 'make',
  unlink: 'remove',
  rename: 'change',
  scandir: 'list',
  access: 'read',
};

/** Says how far the path is there. */
function missingText(file: string): string {
  const folder = path.dirname(file);
  if (path.basename(folder) === '' || isThere(folder)) return `no such file: ${shownPath(file)}`;
  let first = folder;
  while (path.dirname(first) !== first && !isThere(path.dirname(first))) first = path.dirname(first);
  return `no such folder: ${shownPath(first)}`;
}

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

function firstThatIsNoFolder(file: string): string {
  const parts = file.split(path.sep);
  for (let length = 1; length < parts.length; length++) {
    const part = parts.slice(0, length).join(path.sep);
    if (part !== '' && statSync(part, { throwIfNoEntry: false })?.isFile()) return part;
  }
  return file;
}
