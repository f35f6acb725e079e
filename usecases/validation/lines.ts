import { createReadStream } from 'node:fs';

/** Longest line that is read; what is longer is cut and can only be unreadable. */
const MAX_LINE_BYTES = 1024 * 1024;
const LF = 10;
const CR = 13;

/** A line that could not be read as a row. */
export interface Unreadable {
  /** 1-based line of the source. */
  readonly line: number;
  /** Its text; left out where the file has none. */
  readonly raw?: string;
  readonly reason: string;
  /** The column that could not be read, when the others could. */
  readonly column?: string;
}

/**
 * Lines of a file as bytes, without their ends (LF or CR LF), numbered from 1. A last line without an end counts; an
 * end at the very end of the file begins no further line.
 */
export async function* linesOf(file: string): AsyncIterable<{ number: number; bytes: Buffer }> {
  let number = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = data.indexOf(LF, from); end !== -1; end = data.indexOf(LF, from)) {
      yield { number: ++number, bytes: trimmed(data.subarray(from, end)) };
      from = end + 1;
    }
    rest = data.subarray(from, Math.min(data.length, from + MAX_LINE_BYTES));
  }
  if (rest.length > 0) yield { number: ++number, bytes: trimmed(rest) };
}

const trimmed = (line: Buffer): Buffer => (line.at(-1) === CR ? line.subarray(0, -1) : line);

export interface LineCount {
  /** All lines, the header included. */
  readonly lines: number;
  /** Numbers of lines with nothing on them. */
  readonly blank: number[];
}

/** Blank lines beyond this many are not listed one by one: such a file is no table. */
const MAX_BLANK = 1_000_000;

/** Counts lines without looking into them: what must be accounted for in the end. */
export async function countLines(file: string): Promise<LineCount> {
  let lines = 0;
  const blank: number[] = [];
  let length = 0;
  let last = 0;
  const end = (): void => {
    lines++;
    if ((length === 0 || (length === 1 && last === CR)) && blank.length < MAX_BLANK) blank.push(lines);
    length = 0;
  };
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(LF, from); at !== -1; at = chunk.indexOf(LF, from)) {
      if (at > from) last = chunk[at - 1]!;
      length += at - from;
      end();
      from = at + 1;
    }
    if (from < chunk.length) last = chunk[chunk.length - 1]!;
    length += chunk.length - from;
  }
  if (length > 0) end();
  return { lines, blank };
}

/** Text of the lines with the given numbers. */
export async function pickLines(file: string, wanted: ReadonlySet<number>): Promise<Map<number, string>> {
  const picked = new Map<number, string>();
  if (wanted.size === 0) return picked;
  for await (const { number, bytes } of linesOf(file)) {
    if (!wanted.has(number)) continue;
    picked.set(number, bytes.toString('utf8'));
    if (picked.size === wanted.size) break;
  }
  return picked;
}
