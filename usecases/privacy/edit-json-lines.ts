import { createReadStream } from 'node:fs';
import { LineScanner } from '../../core/records/physical-lines.ts';
import { MAX_RECORD_BYTES } from '../../core/records/scanned-record.ts';
import { isUtf16, UTF16 } from '../../core/records/utf16.ts';
import { FileRejectedError } from '../validation/errors.ts';
import { readJsonLine } from '../validation/json-line.ts';
import { type ByteRange, copyWithout } from './copy-without.ts';
import type { Subject } from './data-owners.ts';
import type { EditedTable } from './edit-lines.ts';
import { speaksOf } from './speaks-of.ts';

const MARK = '\ufeff';

/**
 * Takes a subject's rows out of a file of JSON lines, and lines that are no rows where they mention it, with those around
 * them that are of the same object.
 *
 * @throws FileRejectedError when it is UTF-16, of which nothing can be told
 */
export async function editJsonLines(from: string, to: string, subject: Subject): Promise<EditedTable> {
  const gone: ByteRange[] = [];
  let [left, at] = [0, 0];
  /** Whether rows say whom they are about, do not, and have other names instead. */
  const rows = { named: false, silent: false, strange: false };
  const known = new Set(subject.owner.columns.flatMap(({ required, optional }) => [...required, ...optional]));
  /** Lines that may be one object together, and whether one of them mentions the subject. */
  let object: OpenObject = { begun: false, from: 0, lines: [], mentions: false };
  const settle = (next: Pick<OpenObject, 'begun' | 'from'>): void => {
    if (object.mentions) gone.push(...object.lines);
    else left += object.lines.length;
    object = { ...next, lines: [], mentions: false };
  };
  const scanner = new LineScanner((line, length) => {
    const whole = Buffer.from(line.buffer, line.byteOffset, line.length).toString();
    const mark = at === 0 && whole.startsWith(MARK) ? MARK : '';
    const text = whole.slice(mark.length).trim();
    const from = at + Buffer.byteLength(mark);
    const end = at + length;
    const read = readJsonLine(line.subarray(from - at));
    // Of an object that is written over several lines the first has its brace.
    const begins = text.startsWith('{');
    const isPart = 'fault' in read && !begins && object.begun && end - object.from <= MAX_RECORD_BYTES;
    if (!isPart) settle({ begun: 'fault' in read && begins, from });
    if (text !== '') object.lines.push({ from, to: end });
    if ('row' in read) {
      const names = Object.keys(read.row);
      const named = names.some((name) => subject.owner.subjects.has(name));
      rows.named ||= named;
      rows.silent ||= !named;
      rows.strange ||= !named && names.some((name) => !known.has(name));
    }
    object.mentions ||= 'fault' in read ? speaksOf(line, subject) : isOf(read.row, subject);
    at = end;
  });
  let first = true;
  for await (const chunk of createReadStream(from) as AsyncIterable<Buffer>) {
    if (first && isUtf16(chunk)) throw new FileRejectedError('format', UTF16);
    first = false;
    scanner.push(chunk);
  }
  scanner.end();
  settle({ begun: false, from: at });
  if (gone.length > 0) await copyWithout(from, to, gone);
  return { gone: gone.length, left, named: !rows.strange && (rows.named || !rows.silent) };
}

interface OpenObject {
  /** Whether its first line begins one that is not whole there. */
  readonly begun: boolean;
  readonly from: number;
  readonly lines: ByteRange[];
  mentions: boolean;
}

const isOf = (row: Readonly<Record<string, unknown>>, subject: Subject): boolean =>
  Object.entries(row).some(([column, cell]) => subject.is(column, cell));
