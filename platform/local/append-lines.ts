import { open } from 'node:fs/promises';

const LINE_END = 10;

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

/**
 * Appends lines to a file that others append to as well. What a full disk, or a kill, has left of a line stays a line by
 * itself: nothing of the next one is joined to it.
 *
 * @param lines without their ends
 * @throws AppendError which says how many are there
 */
export async function appendLines(file: string, lines: readonly string[]): Promise<void> {
  let before = 0;
  let bytes = Buffer.alloc(0);
  let written = 0;
  try {
    const handle = await open(file, 'a+');
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(1);
      if (size > 0 && (await handle.read(last, 0, 1, size - 1)).bytesRead === 1 && last[0] !== LINE_END) before = 1;
      bytes = Buffer.from(`${before === 1 ? '\n' : ''}${lines.join('\n')}\n`);
      // A disk that becomes full takes a part, and fails at the next.
      while (written < bytes.length) written += (await handle.write(bytes, written)).bytesWritten;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new AppendError(file, Math.max(0, wholeLines(bytes.subarray(0, written)) - before), error);
  }
}

function wholeLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_END); at !== -1; at = bytes.indexOf(LINE_END, at + 1)) lines++;
  return lines;
}
