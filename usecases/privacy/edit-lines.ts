import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { finished, pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { unpackTo } from '../validation/unpack-file.ts';

/** What was taken out of a file, and what is left in it. */
export interface EditedFile {
  readonly gone: number;
  readonly left: number;
}

/** What was taken out of a table, and whether it says whom its rows are about. */
export type EditedTable = EditedFile & { readonly named: boolean };

/**
 * Copies a text file line by line, without a byte order mark. `edit` gives what stands for a line afterwards; undefined
 * for a line that is gone.
 */
export async function editLines(
  from: string,
  to: string,
  edit: (line: string) => string | undefined,
): Promise<EditedFile> {
  const out = createWriteStream(to);
  const input = createReadStream(from);
  let [gone, left, index] = [0, 0, 0];
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const edited = edit(index++ === 0 ? line.replace(/^\ufeff/, '') : line);
      if (edited === undefined) {
        gone++;
        continue;
      }
      left++;
      if (!out.write(`${edited}\n`)) await once(out, 'drain');
    }
  } finally {
    input.destroy();
    out.end();
    await finished(out);
  }
  return { gone, left };
}

/** An edit of what is in a file, gzipped or not; what it writes is gzipped as the file was. */
export const throughGzip =
  (edit: (from: string, to: string, key: string) => Promise<EditedFile>) =>
  async (from: string, to: string, key: string): Promise<EditedFile> => {
    if (!(await magicOf(from)).startsWith('\x1f\x8b')) return edit(from, to, key);
    const [plain, copy] = [`${from}.plain`, `${to}.plain`];
    try {
      await unpackTo(from, plain);
      const edited = await edit(plain, copy, key);
      if (edited.gone > 0) await pipeline(createReadStream(copy), createGzip(), createWriteStream(to));
      return edited;
    } finally {
      await Promise.all([plain, copy].map((file) => rm(file, { force: true })));
    }
  };

/** The first bytes of a file. */
export async function magicOf(file: string, bytes = 4): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead).toString('latin1');
  } finally {
    await handle.close();
  }
}
