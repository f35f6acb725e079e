import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { FileRejectedError } from './errors.ts';

/** Largest file after decompression: more would not fit the function's temporary folder. */
const MAX_BYTES = 4 * 1024 ** 3;

/**
 * A gzipped file's content beside it; any other file itself.
 *
 * @throws FileRejectedError when it is no gzip, or too large; what else fails is no fault of the file
 */
export async function unpack(file: string): Promise<string> {
  if (!file.endsWith('.gz')) return file;
  const target = file.slice(0, -'.gz'.length);
  let bytes = 0;
  try {
    await pipeline(
      createReadStream(file),
      createGunzip(),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          if (bytes > MAX_BYTES) throw new FileRejectedError('volume', `more than ${MAX_BYTES} bytes when unpacked`);
          yield chunk;
        }
      },
      createWriteStream(target),
    );
  } catch (error) {
    // A full disk, or a file that cannot be read, says nothing about what was sent.
    if (!isOfContent(error)) throw error;
    throw new FileRejectedError('format', `cannot be unpacked: ${(error as Error).message}`, { cause: error });
  }
  return target;
}

/** Whether it is the content that cannot be unpacked: zlib's codes for data, and not for its memory. */
const isOfContent = (error: unknown): boolean =>
  ['Z_DATA_ERROR', 'Z_BUF_ERROR', 'Z_NEED_DICT'].includes((error as NodeJS.ErrnoException).code ?? '');
