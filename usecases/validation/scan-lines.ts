import { createReadStream } from 'node:fs';
import { LineScanner } from '../../core/records/physical-lines.ts';
import { isUtf16, UTF16 } from '../../core/records/utf16.ts';
import { FileRejectedError } from './errors.ts';
import { CHUNK_BYTES } from './scan-file.ts';

/** A line that is not blank, and its 1-based number. */
export type TakeLine = (line: Uint8Array, number: number) => void;

/**
 * Goes through the lines of a file of JSON lines. The byte order mark is none of the first.
 *
 * @param settle is awaited before the next bytes are read
 * @throws FileRejectedError when it is UTF-16
 */
export async function scanLines(
  file: string,
  take: TakeLine,
  settle: () => Promise<void>,
): Promise<{ total: number; blank: number }> {
  let [total, blank] = [0, 0];
  const scanner = new LineScanner((line) => {
    total++;
    const text = total === 1 && isMark(line) ? line.subarray(3) : line;
    if (isBlankLine(text)) blank++;
    else take(text, total);
  });
  let first = true;
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
    if (first && isUtf16(chunk)) throw new FileRejectedError('format', UTF16);
    first = false;
    scanner.push(chunk);
    await settle();
  }
  scanner.end();
  await settle();
  return { total, blank };
}

const isMark = ([a, b, c]: Uint8Array): boolean => a === 0xef && b === 0xbb && c === 0xbf;

const isBlankLine = (line: Uint8Array): boolean => line.every((byte) => byte === 32 || byte === 9 || byte === 13);
