import { anyBreak, firstLineBreak, OPEN_QUOTES } from './first-line-break.ts';
import {
  LINE_END_BYTES,
  type LineEnd,
  MAX_RECORD_BYTES,
  type ScannedRecord,
  type ShapeFault,
} from './scanned-record.ts';
import { isUtf16, UTF16 } from './utf16.ts';

/** How records of a file are written. */
export interface RecordDialect {
  /** One ASCII character. */
  readonly delimiter: string;
  /** Physical lines that a record may take. */
  readonly maxRecordLines: number;
}

/** What a file was found to have, in physical lines. */
export interface ScanTotals {
  readonly lines: number;
  readonly blank: number;
  /** Bytes of the file. */
  readonly bytes: number;
}

/** A file is not text of a kind that has records. */
export class NotTextError extends Error {
  override readonly name = 'NotTextError';
}

const LF = 10;
const CR = 13;
const QUOTE = 34;
const UNIT_SEPARATOR = 31;
/** Bytes are gathered up to this many before they are looked at: chunks may be of one byte each. */
const MIN_WINDOW = 64 * 1024;

/** What a byte may mean; all others are text. */
const TEXT = 0;
const DELIMITER = 1;
const LINE_FEED = 2;
const RETURN = 3;
const QUOTATION = 4;
const BEYOND_ASCII = 5;
const SEPARATOR = 6;

const utf8 = new TextDecoder('utf-8', { fatal: true });

function isUtf8(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** More bytes are needed to tell. */
const MORE = -1;
/** A quoted field is none: it is not closed, or not by the quote that comes. */
const UNCLOSED = -2;
/** The record ends, and was not gone through whole. */
const AGAIN = -3;

/** Kinds of bytes that may follow a closing quote. */
const ENDS_FIELD = Uint8Array.from([0, 1, 1, 1, 0, 0, 0]);
/** Bytes that are kept of a line beyond the limit. */
const KEPT_BYTES = 64 * 1024;

/**
 * Finds the records of CSV or TSV text (RFC 4180) in chunks of bytes, in one pass and in time linear in their number.
 *
 * - A line ends with LF or CR LF; with a lone CR, too, where the first line break outside quotes is one.
 * - A line with nothing on it is no record. Inside quotes it is text.
 * - A quote opens a quoted field only as its first character; elsewhere in an unquoted field it is text.
 * - A quoted field that is not closed within `maxRecordLines` lines of its record, or over whose lines comes a quote that
 *   closes nothing, was never meant to be one: it costs the first line of its record, and reading resumes on the next.
 * - Every other fault costs its record and no other: text behind a closing quote, another number of fields than the first
 *   record has, bytes that are not UTF-8, a carriage return outside quotes, more than {@link MAX_RECORD_BYTES}.
 */
export class RecordScanner {
  readonly #kinds = new Uint8Array(256);
  readonly #dialect: RecordDialect;
  readonly #maxLines: number;
  readonly #sink: (record: ScannedRecord) => void;
  readonly #record = new CurrentRecord();
  /** Bytes not yet done with. */
  #data: Uint8Array = new Uint8Array(0);
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Bytes of the file before {@link #data}. */
  #base = 0;
  #line = 1;
  #blank = 0;
  #expected = 0;
  #started = false;
  /** Whether a lone CR ends a line; undefined until the first line break outside quotes. */
  #returnEnds: boolean | undefined;
  /** Whether a line beyond the limit has begun, whose end is being looked for. */
  #overlong = false;
  #known: OpenLines = { from: 0, to: 0, line: 0, stray: false };
  /** Whether every byte of a record is gone through, whatever is known of its lines. */
  #exact = false;

  /** @param sink is given every record, in order, whole and faulty ones */
  constructor(dialect: RecordDialect, sink: (record: ScannedRecord) => void) {
    const { delimiter, maxRecordLines } = dialect;
    this.#dialect = dialect;
    this.#kinds.fill(BEYOND_ASCII, 128);
    this.#kinds[UNIT_SEPARATOR] = SEPARATOR;
    this.#kinds[LF] = LINE_FEED;
    this.#kinds[CR] = RETURN;
    this.#kinds[QUOTE] = QUOTATION;
    this.#kinds[delimiter.charCodeAt(0)] = DELIMITER;
    this.#maxLines = maxRecordLines;
    this.#sink = sink;
  }

  /** Fields of the first record, which all others must have. */
  get expected(): number {
    return this.#expected;
  }

  /** @throws NotTextError for UTF-16 */
  push(chunk: Uint8Array): void {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    // No less than what is left from before, so that a long record is not gone through for every chunk.
    if (this.#pendingBytes >= Math.max(MIN_WINDOW, this.#data.length)) this.#scan(false);
  }

  /** @throws NotTextError for UTF-16 */
  end(): ScanTotals {
    this.#scan(true);
    return { lines: this.#line - 1, blank: this.#blank, bytes: this.#base };
  }

  #scan(last: boolean): void {
    this.#data =
      this.#data.length === 0 && this.#pending.length === 1
        ? this.#pending[0]!
        : Buffer.concat([this.#data, ...this.#pending]);
    this.#pending = [];
    this.#pendingBytes = 0;
    if (!this.#started && !this.#start(last)) return;
    if (this.#returnEnds === undefined && !this.#decideEnds(last)) return;
    let at = 0;
    while (at < this.#data.length) {
      const next = this.#overlong ? this.#skipLine(at, last) : this.#next(at, last);
      if (next === MORE) break;
      at = next;
      // What is left of the window is the middle of a long line, or half of its end.
      if (this.#overlong) break;
    }
    this.#drop(at);
  }

  #drop(bytes: number): void {
    this.#data = this.#data.subarray(bytes);
    this.#base += bytes;
  }

  /** Looks at how the file begins. @returns whether there were bytes enough */
  #start(last: boolean): boolean {
    if (this.#data.length < 4 && !last) return false;
    const [a, b, c] = this.#data;
    if (isUtf16(this.#data)) throw new NotTextError(UTF16);
    this.#started = true;
    // The byte order mark that Excel and others write first.
    if (a === 0xef && b === 0xbb && c === 0xbf) this.#drop(3);
    return true;
  }

  /** Decides by the first line break outside quotes what ends a line. @returns whether it could be decided */
  #decideEnds(last: boolean): boolean {
    const data = this.#data;
    const found = firstLineBreak(data, this.#dialect);
    const certain = found >= 0 && (data[found] === LF || found + 1 < data.length);
    if (!certain && !last && data.length < MAX_RECORD_BYTES) return false;
    const at = found === OPEN_QUOTES ? anyBreak(data) : found;
    this.#returnEnds = at >= 0 && data[at] === CR && data[at + 1] !== LF;
    return true;
  }

  /** Reads what begins at `start`. @returns where the next begins, or {@link MORE} */
  #next(start: number, last: boolean): number {
    const next = this.#read(start, last);
    if (next !== AGAIN) return next;
    this.#exact = true;
    const behind = this.#read(start, last);
    this.#exact = false;
    return behind;
  }

  /** As {@link #next}; {@link AGAIN} where lines were passed over that turn out to be a record's. */
  #read(start: number, last: boolean): number {
    const data = this.#data;
    const kinds = this.#kinds;
    const limit = Math.min(data.length, start + MAX_RECORD_BYTES);
    const record = this.#record;
    record.begin(this.#base + start, this.#line, this.#expected === 0);
    let i = start;
    let fieldStart = start;
    let fields = 1;
    for (;;) {
      while (i < limit && kinds[data[i]!] === TEXT) i++;
      if (i === limit) break;
      switch (kinds[data[i]!]) {
        case DELIMITER:
          fields++;
          i++;
          fieldStart = i;
          break;
        case QUOTATION: {
          if (i !== fieldStart) {
            record.textQuote = true;
            i++;
            break;
          }
          const behind = this.#quotedField(i + 1, limit, last);
          if (behind === MORE) return MORE;
          if (behind === UNCLOSED) return this.#refuse(start, last);
          i = behind;
          fieldStart = -1;
          break;
        }
        case LINE_FEED:
          return this.#emit(start, i, 'lf', fields);
        case RETURN:
          if (i + 1 === data.length && !last) return MORE;
          if (data[i + 1] === LF) return this.#emit(start, i, 'crlf', fields);
          if (this.#returnEnds) return this.#emit(start, i, 'cr', fields);
          record.fault ??= 'return';
          i++;
          break;
        case SEPARATOR:
          record.unitSeparator = true;
          i++;
          break;
        default:
          record.beyondAscii = true;
          i++;
      }
    }
    if (limit === start + MAX_RECORD_BYTES) return this.#refuse(start, last);
    return last ? this.#emit(start, i, 'none', fields) : MORE;
  }

  /** Reads a quoted field from behind its opening quote. @returns the place behind the closing one */
  #quotedField(from: number, limit: number, last: boolean): number {
    const data = this.#data;
    const kinds = this.#kinds;
    const record = this.#record;
    const openedOn = record.lines;
    record.quoted = true;
    let i = from;
    for (;;) {
      while (i < limit && kinds[data[i]!]! <= DELIMITER) i++;
      if (i === limit) return last || limit < data.length ? UNCLOSED : MORE;
      const kind = kinds[data[i]!]!;
      if (i + 1 === data.length && !last && (kind === QUOTATION || kind === RETURN)) return MORE;
      switch (kind) {
        case QUOTATION:
          if (data[i + 1] === QUOTE) {
            i += 2;
            break;
          }
          i++;
          if (i === data.length || ENDS_FIELD[kinds[data[i]!]!] === 1) return i;
          if (record.lines > openedOn) return this.#unclosed(i, true);
          record.fault ??= 'after-quote';
          return i;
        case LINE_FEED:
        case RETURN: {
          record.breaks = true;
          const pair = kind === RETURN && data[i + 1] === LF;
          const ends = kind === LINE_FEED || pair || this.#returnEnds;
          const behind = i + (pair ? 2 : 1);
          if (ends) {
            if (record.lines === 1) record.firstLineEnd = i;
            if (record.lines === this.#maxLines) return this.#unclosed(behind, false);
            record.lines++;
            if (this.#isKnown(behind)) {
              if (this.#known.stray) return UNCLOSED;
              record.passedOver = true;
              record.lines = this.#known.line - this.#line + 1;
              if (record.lines > this.#maxLines) return UNCLOSED;
              i = this.#known.to - this.#base;
              break;
            }
          }
          i = behind;
          break;
        }
        case SEPARATOR:
          record.unitSeparator = true;
          i++;
          break;
        default:
          record.beyondAscii = true;
          i++;
      }
    }
  }

  /** Whether it is known what comes of a line that begins inside quotes. */
  #isKnown(lineStart: number): boolean {
    const at = this.#base + lineStart;
    return !this.#exact && at >= this.#known.from && at < this.#known.to;
  }

  /** Keeps how far what begins inside quotes on any line of the record but its first is no record, either. */
  #unclosed(to: number, stray: boolean): typeof UNCLOSED {
    const record = this.#record;
    const from = record.passedOver ? this.#known.from : this.#base + record.firstLineEnd + 1;
    this.#known = { from, to: this.#base + to, line: this.#line + record.lines, stray };
    return UNCLOSED;
  }

  /**
   * Gives out the record, unless there is none: nothing is on the line.
   *
   * @returns where the next begins, or {@link AGAIN}
   */
  #emit(start: number, end: number, lineEnd: LineEnd, fields: number): number {
    if (this.#record.passedOver) return AGAIN;
    const next = end + LINE_END_BYTES[lineEnd];
    if (end === start) {
      this.#blank++;
      this.#line++;
      return next;
    }
    const record = this.#record;
    record.bytes = this.#data.subarray(start, end);
    record.length = end - start;
    record.end = lineEnd;
    record.fields = fields;
    if (record.beyondAscii && record.fault === undefined && !isUtf8(record.bytes)) record.fault = 'encoding';
    if (this.#expected === 0) this.#expected = fields;
    else if (fields !== this.#expected) record.fault ??= 'fields';
    this.#line += record.lines;
    this.#sink(record);
    return next;
  }

  /** Gives out the first line of what is no record. @returns where the next line begins */
  #refuse(start: number, last: boolean): number {
    const record = this.#record;
    const end = record.firstLineEnd;
    record.lines = 1;
    record.breaks = false;
    record.textQuote = false;
    record.unitSeparator = false;
    record.passedOver = false;
    if (end === -1) {
      // A file may end inside a quoted field; else the line is beyond the limit.
      record.fault = last && this.#data.length < start + MAX_RECORD_BYTES ? 'unclosed' : 'too-long';
      record.bytes = this.#data.slice(start, start + KEPT_BYTES);
      record.length = 0;
      this.#overlong = true;
      return this.#skipLine(start, last);
    }
    record.fault = 'unclosed';
    return this.#emit(start, end, lineEndAt(this.#data, end), this.#expected || 1);
  }

  /** Goes on to the end of a line that is beyond the limit, and gives out what it began with. */
  #skipLine(from: number, last: boolean): number {
    const data = this.#data;
    const record = this.#record;
    let end = data.indexOf(LF, from);
    if (this.#returnEnds) {
      const back = data.indexOf(CR, from);
      if (back !== -1 && (end === -1 || back < end)) end = back;
      if (back === end && back + 1 === data.length && !last) return this.#skipTo(from, back);
    } else if (end > from && data[end - 1] === CR) end--;
    if (end === -1) {
      // A CR at the end may be half of a line break.
      if (!last) return this.#skipTo(from, data.at(-1) === CR ? data.length - 1 : data.length);
      end = data.length;
    }
    record.length += end - from;
    record.end = lineEndAt(data, end);
    this.#overlong = false;
    this.#expected ||= 1;
    this.#line++;
    this.#sink(record);
    return end + LINE_END_BYTES[record.end];
  }

  #skipTo(from: number, to: number): number {
    this.#record.length += to - from;
    return to;
  }
}

/**
 * What was found out when a quoted field was none, and holds for every record that such a line is inside quotes of: without
 * it, each of the lines would be gone through again for each line before it.
 */
interface OpenLines {
  /** From the first to the last of these places of the file, lines that begin inside quotes end no record, */
  readonly from: number;
  readonly to: number;
  /** the number of the line that begins at `to`, inside quotes as well, */
  readonly line: number;
  /** or that at `to` is a quote that closes nothing. */
  readonly stray: boolean;
}

function lineEndAt(data: Uint8Array, at: number): LineEnd {
  if (at === data.length) return 'none';
  if (data[at] === LF) return 'lf';
  return data[at + 1] === LF ? 'crlf' : 'cr';
}

/** The record that is being read. */
class CurrentRecord implements ScannedRecord {
  header = false;
  line = 1;
  lines = 1;
  offset = 0;
  bytes: Uint8Array = new Uint8Array(0);
  length = 0;
  end: LineEnd = 'none';
  fields = 0;
  fault: ShapeFault | undefined;
  quoted = false;
  textQuote = false;
  breaks = false;
  unitSeparator = false;
  beyondAscii = false;
  /** Where the first of several lines ends; -1 where there is one. */
  firstLineEnd = -1;
  /** Whether lines were passed over of which only is known that they do not end it. */
  passedOver = false;

  begin(offset: number, line: number, header: boolean): void {
    this.header = header;
    this.line = line;
    this.lines = 1;
    this.offset = offset;
    this.fault = undefined;
    this.quoted = false;
    this.textQuote = false;
    this.breaks = false;
    this.unitSeparator = false;
    this.beyondAscii = false;
    this.firstLineEnd = -1;
    this.passedOver = false;
  }
}
