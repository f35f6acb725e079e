import { open } from 'node:fs/promises';

/** A header is no longer than this, in bytes. */
const MAX_HEADER_BYTES = 1024 * 1024;

/** The text of a CSV file's header as it stands there, without a byte order mark, lines with nothing on them before it, and the end of its line. */
export async function csvHeader(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const buffer = Buffer.alloc(MAX_HEADER_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, MAX_HEADER_BYTES, 0);
    const text = buffer
      .subarray(0, bytesRead)
      .toString('utf8')
      .replace(/^\ufeff?[\r\n]*/, '');
    return /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)![0];
  } finally {
    await handle.close();
  }
}
