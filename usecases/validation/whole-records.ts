import { escapeBreaks } from '../../core/records/escaped-breaks.ts';
import type { RecordDialect, ScanTotals } from '../../core/records/record-scanner.ts';
import { formatRecord, parseRecord } from '../../core/records/record-text.ts';
import {
  LINE_END_BYTES,
  type LineEnd,
  type ScannedRecord,
  type ShapeFault,
} from '../../core/records/scanned-record.ts';
import { parseHeader } from './csv-header.ts';
import { FileRejectedError } from './errors.ts';
import { RecordCopy } from './record-copy.ts';
import { scanFile } from './scan-file.ts';

/** A file of which every record is whole, in a form that the engine cannot take for anything else. */
export interface WholeRecords {
  /** The source itself where nothing is the matter with it, else a copy. */
  readonly file: string;
  /** Whether its first line is the header. */
  readonly header: boolean;
  readonly lineEnd: '\n' | '\r\n';
  /** Whether line breaks in its fields are written as {@link escapeBreaks} does. */
  readonly escaped: boolean;
  readonly columns: readonly string[];
  readonly records: number;
  /** How many records have a fault. */
  readonly faults: ReadonlyMap<ShapeFault, number>;
  readonly headerLines: number;
  readonly totals: ScanTotals;
}

/**
 * Scans a file, and copies its whole records from the first place on that the engine might read in another way: a fault
 * or a blank line, a record over lines, a quote in an unquoted field, another line end.
 *
 * @param target where the copy goes, where one is needed
 * @throws FileRejectedError when it has no header, or is no text
 */
export async function wholeRecords(
  file: string,
  dialect: RecordDialect,
  target: string,
  watch: RecordWatch = {},
): Promise<WholeRecords> {
  const scan = new WholeRecordScan(dialect, new RecordCopy(file, target), watch);
  const { copy } = scan;
  let totals: ScanTotals;
  try {
    totals = await scanFile(
      file,
      dialect,
      (record) => scan.take(record),
      () => {
        watch.signal?.throwIfAborted();
        return copy.settle();
      },
    );
    await copy.settle();
  } finally {
    await copy.close();
  }
  const { lineEnd, escaped, columns, records, faults, headerLines } = scan;
  if (headerLines === 0)
    throw new FileRejectedError('format', 'the file has no header: nothing is on any of its lines');
  const header = !copy.begun;
  return { file: header ? file : target, header, lineEnd, escaped, columns, records, faults, headerLines, totals };
}

type TakeRecord = (record: string) => void;

/** Who else looks at the records of a file. */
export interface RecordWatch {
  /** Given the columns, says what is given the text of each whole record. */
  inspect?(columns: readonly string[]): TakeRecord | undefined;
  /** Is told of each record with a fault, and the line on which it begins. */
  faulty?(fault: ShapeFault, line: number): void;
  /** Ends the scan early. */
  readonly signal?: AbortSignal | undefined;
}

class WholeRecordScan {
  readonly faults = new Map<ShapeFault, number>();
  readonly copy: RecordCopy;
  readonly #delimiter: string;
  columns: readonly string[] = [];
  records = 0;
  headerLines = 0;
  lineEnd: '\n' | '\r\n' = '\n';
  escaped = false;
  #end: LineEnd = 'lf';
  /** Where the header ends, and where the last record does that the engine may read in the source. */
  #from = 0;
  #next = 0;
  readonly #watch: RecordWatch;
  #see: TakeRecord | undefined;

  constructor({ delimiter }: RecordDialect, copy: RecordCopy, watch: RecordWatch) {
    this.#watch = watch;
    this.#delimiter = delimiter;
    this.copy = copy;
  }

  take(record: ScannedRecord): void {
    if (record.header) {
      this.#takeHeader(record);
      return;
    }
    const { fault, end } = record;
    if (this.#see !== undefined && fault === undefined) this.#see(textOf(record));
    const plain = fault === undefined && !record.breaks && !record.textQuote && !record.unitSeparator;
    if (!this.copy.begun) {
      const as = end === this.#end || end === 'none';
      if (plain && as && record.offset === this.#next) {
        this.records++;
        this.#next += record.length + LINE_END_BYTES[end];
        return;
      }
      this.copy.begin(this.#from, this.#next);
    }
    if (fault !== undefined) {
      this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
      this.#watch.faulty?.(fault, record.line);
      return;
    }
    this.records++;
    if (plain) this.copy.append(record.bytes);
    else this.#rewrite(record);
    this.copy.append(this.#end === 'crlf' ? CRLF : LF);
  }

  #takeHeader(record: ScannedRecord): void {
    this.columns = parseHeader(record, this.#delimiter);
    this.#see = this.#watch.inspect?.(this.columns);
    this.headerLines = record.lines;
    this.#from = record.offset + record.length + LINE_END_BYTES[record.end];
    this.#next = this.#from;
    if (record.end === 'crlf') {
      this.#end = 'crlf';
      this.lineEnd = '\r\n';
    }
    // The engine takes the first line for the header.
    if (record.line > 1 || record.lines > 1 || record.end === 'cr') this.copy.begin(this.#from, this.#from);
  }

  /** What has line breaks, or quotes where the engine wants none, in the form that it reads. */
  #rewrite(record: ScannedRecord): void {
    this.escaped ||= record.breaks || record.unitSeparator;
    const fields = parseRecord(textOf(record), this.#delimiter);
    const values = fields.map(({ text, quoted }) => (text === '' && !quoted ? null : escapeBreaks(text)));
    this.copy.append(Buffer.from(formatRecord(values, this.#delimiter)));
  }
}

const textOf = ({ bytes }: ScannedRecord): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();

const LF = Buffer.from('\n');
const CRLF = Buffer.from('\r\n');
