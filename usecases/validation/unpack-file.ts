import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Duck, plainPath } from '../../platform/duckdb/connection.ts';
import { FileRejectedError } from './errors.ts';

/** Largest file after decompression: more would not fit the function's temporary folder. */
const MAX_BYTES = 4 * 1024 ** 3;

/**
 * A gzipped file's content in a folder; any other file itself.
 *
 * @throws FileRejectedError when it is no gzip, or too large
 */
export async function unpackFile(file: string, folder: string, signal?: AbortSignal): Promise<string> {
  if (!file.endsWith('.gz')) return file;
  const target = path.join(folder, path.basename(file, '.gz'));
  await unpackTo(file, target, signal);
  return target;
}

/**
 * Writes what a gzipped file holds, of all its members; zeros behind them are padding, as gzip itself has it.
 *
 * @throws FileRejectedError when it is no gzip, or too large
 */
export async function unpackTo(file: string, target: string, signal?: AbortSignal): Promise<void> {
  let bytes = 0;
  try {
    await pipeline(
      unpacked(file),
      async function* (parts: AsyncIterable<Buffer>) {
        for await (const part of parts) {
          bytes += part.length;
          if (bytes > MAX_BYTES) throw new FileRejectedError('volume', `more than ${MAX_BYTES} bytes when unpacked`);
          yield part;
        }
      },
      createWriteStream(target),
      { signal },
    );
  } catch (error) {
    if (isDamage(error))
      throw new FileRejectedError('format', `cannot be unpacked: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Behind the last member the stream takes nothing more, which a pipeline would have for an end that came too early. */
async function* unpacked(file: string): AsyncGenerator<Buffer> {
  const packed = createReadStream(file);
  const unzip = createGunzip();
  packed.on('error', (error) => unzip.destroy(error));
  packed.pipe(unzip);
  try {
    yield* unzip as AsyncIterable<Buffer>;
  } finally {
    packed.destroy();
    unzip.destroy();
  }
  for await (const rest of createReadStream(file, { start: unzip.bytesWritten }) as AsyncIterable<Buffer>)
    if (rest.some((byte) => byte !== 0))
      throw new FileRejectedError('format', 'cannot be unpacked: what follows its zeros is no gzip');
}

/**
 * A data file as the engine takes it: unpacked, by a path that is none of its patterns.
 *
 * @throws FileRejectedError when nothing is in it, or it cannot be unpacked
 */
export async function unpackDataFile(duck: Pick<Duck, 'scratch'>, packed: string): Promise<string> {
  const file = await plainPath(duck, await unpackFile(packed, duck.scratch));
  if ((await stat(file)).size === 0) throw new FileRejectedError('format', 'the file is empty');
  return file;
}

/** Whether it is the file that is damaged, rather than that it could not be read or written, or memory ran out. */
const isDamage = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && /^Z_(?!MEM_ERROR)/.test(String(error.code));
