import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { makePrivateFile } from '../private-files.ts';
import { codeOf } from './atomic.ts';

const LINE_END = 10;
/** To read and append what is there: files are made private by {@link makePrivateFile}. */
const THERE = constants.O_RDWR | constants.O_APPEND;

/** Lines could not all be appended. */
export class AppendError extends Error {
  override readonly name = 'AppendError';
  constructor(
    file: string,
    /** Whole lines that are in the file all the same. */
    readonly written: number,
    cause: unknown,
  ) {
    super(`${file} cannot be appended to: ${(cause as Error).message}`, { cause });
  }
}

export interface Appended {
  /** Bytes of the file before. */
  readonly before: number;
  /** And after. */
  readonly after: number;
}

/**
 * Appends lines to a file that others append to as well. What a full disk, or a kill, has left of a line stays a line by
 * itself: nothing of the next one is joined to it.
 *
 * @param lines without their ends
 * @param known size of the file at which its last line is known to be whole
 * @throws AppendError which says how many are there
 */
export async function appendLines(file: string, lines: readonly string[], known?: number): Promise<Appended> {
  let torn = false;
  let bytes = Buffer.alloc(0);
  let written = 0;
  try {
    const handle = await opened(file);
    try {
      const { size: before } = await handle.stat();
      const last = Buffer.alloc(1);
      torn =
        before > 0 &&
        before !== known &&
        (await handle.read(last, 0, 1, before - 1)).bytesRead === 1 &&
        last[0] !== LINE_END;
      bytes = Buffer.from(`${torn ? '\n' : ''}${lines.join('\n')}\n`);
      // A disk that becomes full takes a part, and fails at the next.
      while (written < bytes.length) written += (await handle.write(bytes, written)).bytesWritten;
      return { before, after: before + written };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new AppendError(file, Math.max(0, wholeLines(bytes.subarray(0, written)) - (torn ? 1 : 0)), error);
  }
}

/** Opens it, and makes it and its folder when they are not there. */
async function opened(file: string): ReturnType<typeof open> {
  try {
    return await open(file, THERE);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    makePrivateFile(file);
    return open(file, THERE);
  }
}

function wholeLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_END); at !== -1; at = bytes.indexOf(LINE_END, at + 1)) lines++;
  return lines;
}
