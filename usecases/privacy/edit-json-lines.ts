import { createReadStream } from 'node:fs';
import { LineScanner } from '../../core/records/physical-lines.ts';
import { isUtf16, UTF16 } from '../../core/records/utf16.ts';
import { FileRejectedError } from '../validation/errors.ts';
import { readJsonLine } from '../validation/json-line.ts';
import { type ByteRange, copyWithout } from './copy-without.ts';
import type { Subject } from './data-owners.ts';
import type { EditedFile } from './edit-lines.ts';
import { speaksOf } from './speaks-of.ts';

const MARK = '\ufeff';

/**
 * Takes a subject's rows out of a file of JSON lines, and lines that are no rows where they mention it.
 *
 * @throws FileRejectedError when it is UTF-16, of which nothing can be told
 */
export async function editJsonLines(from: string, to: string, subject: Subject): Promise<EditedFile> {
  const gone: ByteRange[] = [];
  let [left, at] = [0, 0];
  const scanner = new LineScanner((line, length) => {
    const text = Buffer.from(line.buffer, line.byteOffset, line.length).toString();
    const marked = at === 0 && text.startsWith(MARK) ? Buffer.byteLength(MARK) : 0;
    const end = at + length;
    if (isOf(line.subarray(marked), subject)) gone.push({ from: at + marked, to: end });
    else if (text.trim() !== '') left++;
    at = end;
  });
  let first = true;
  for await (const chunk of createReadStream(from) as AsyncIterable<Buffer>) {
    if (first && isUtf16(chunk)) throw new FileRejectedError('format', UTF16);
    first = false;
    scanner.push(chunk);
  }
  scanner.end();
  if (gone.length > 0) await copyWithout(from, to, gone);
  return { gone: gone.length, left };
}

function isOf(line: Uint8Array, subject: Subject): boolean {
  const read = readJsonLine(line);
  if ('fault' in read) return speaksOf(line, subject);
  return Object.entries(read.row).some(([column, cell]) => subject.is(column, cell));
}
