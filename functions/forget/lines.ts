import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

/** What was taken out of a file, and what is left in it. */
export interface Edited {
  readonly gone: number;
  readonly left: number;
}

/**
 * Copies a text file, gzipped or not, record by record. `edit` gives what stands for a record afterwards; undefined
 * for a record that is gone.
 *
 * @param gone how many rows the edits took out, when a record is more than one
 */
export async function editLines(
  from: string,
  to: string,
  edit: (record: string, index: number) => string | undefined,
  records: (lines: AsyncIterable<string>) => AsyncIterable<string> = (lines) => lines,
): Promise<Edited> {
  const zipped = (await magicOf(from)).startsWith('\x1f\x8b');
  const file = createWriteStream(to);
  const out: Writable = zipped ? createGzip() : file;
  if (zipped) out.pipe(file);
  const source = createReadStream(from);
  const input: Readable = zipped ? source.pipe(createGunzip()) : source;
  let [gone, left, index] = [0, 0, 0];
  for await (const record of records(createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))) {
    const edited = edit(record, index++);
    if (edited === undefined) {
      gone++;
      continue;
    }
    left++;
    if (!out.write(`${edited}\n`)) await once(out, 'drain');
  }
  out.end();
  await finished(file);
  return { gone, left };
}

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

/** A record may run over this many lines at most. */
const MAX_LINES = 100;

/** CSV records of lines: a quoted field may run over several; a quote that is never closed makes each a record. */
export async function* csvRecords(lines: AsyncIterable<string>): AsyncIterable<string> {
  let open: string[] = [];
  let quotes = 0;
  for await (const line of lines) {
    open.push(line);
    for (let at = line.indexOf('"'); at !== -1; at = line.indexOf('"', at + 1)) quotes++;
    if (quotes % 2 === 1 && open.length < MAX_LINES) continue;
    if (quotes % 2 === 0) yield open.join('\n');
    else yield* open;
    open = [];
    quotes = 0;
  }
  yield* open;
}
