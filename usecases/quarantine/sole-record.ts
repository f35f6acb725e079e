import { type RecordDialect, RecordScanner } from '../../core/records/record-scanner.ts';
import { describeFault } from '../../core/records/scanned-record.ts';

/** A text that was read as one record by itself: its fields and its text, or what it should be instead. */
export type SoleRecord = { readonly fields: number; readonly text: string } | { readonly fault: string };

/** Physical lines that a record may take which is known to be one: whoever judged it had a limit of his own. */
export const SOLE_RECORD_LINES = 100_000;

/** Reads a text as one whole record, with nothing before it and nothing behind it that could be taken for a part of it. */
export function soleRecord(text: string, { delimiter }: Pick<RecordDialect, 'delimiter'>): SoleRecord {
  let records = 0;
  let read: SoleRecord | undefined;
  const scanner = new RecordScanner({ delimiter, maxRecordLines: SOLE_RECORD_LINES }, ({ bytes, fields, fault }) => {
    records++;
    read ??=
      fault === undefined ? { fields, text: Buffer.from(bytes).toString('utf8') } : { fault: describeFault(fault) };
  });
  // Behind a byte order mark it is the text of a file, whatever it begins with.
  scanner.push(Buffer.from(`\ufeff${text}`));
  scanner.end();
  if (read === undefined) return { fault: 'one record' };
  if ('text' in read && (records > 1 || read.text !== text))
    return { fault: 'one record, without the end of its line' };
  return read;
}
