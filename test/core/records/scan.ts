import { type RecordDialect, RecordScanner, type ScanTotals } from '../../../core/records/record-scanner.ts';
import type { ScannedRecord } from '../../../core/records/scanned-record.ts';

export type Scanned = Omit<ScannedRecord, 'bytes'> & { readonly raw: string };

/** Scans a file whole, or in chunks of a size. */
export function scan(
  file: string | Uint8Array,
  {
    chunk = Number.POSITIVE_INFINITY,
    delimiter = ',',
    maxRecordLines = 50,
  }: Partial<RecordDialect> & { chunk?: number } = {},
): { records: Scanned[]; totals: ScanTotals } {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  const records: Scanned[] = [];
  const scanner = new RecordScanner({ delimiter, maxRecordLines }, (record) => {
    const { header, line, lines, offset, length, end, fields, fault, quoted, textQuote, breaks, unitSeparator } =
      record;
    const raw = Buffer.from(record.bytes).toString('latin1');
    records.push({
      header,
      line,
      lines,
      offset,
      length,
      end,
      fields,
      fault,
      quoted,
      textQuote,
      breaks,
      unitSeparator,
      raw,
    });
  });
  for (let from = 0; from < bytes.length; from += chunk) scanner.push(bytes.subarray(from, from + chunk));
  return { records, totals: scanner.end() };
}
