import { open } from 'node:fs/promises';
import { type RecordDialect, RecordScanner } from '../../core/records/record-scanner.ts';
import { LINE_END_BYTES, MAX_RECORD_BYTES, type ScannedRecord } from '../../core/records/scanned-record.ts';
import type { ByteRange } from './copy-without.ts';

/** Bytes that are looked at before more are read. */
const STEP_BYTES = 64 * 1024;

/**
 * Records whose quoted fields take more lines than a record may have, as they were meant: from each place on up to where
 * the field is closed after all. One that never is, or not within the size of a record, is left out.
 *
 * @param starts where they begin, in ascending order
 */
export async function openFields(
  file: string,
  { delimiter }: RecordDialect,
  starts: readonly number[],
): Promise<ByteRange[]> {
  const fields: ByteRange[] = [];
  if (starts.length === 0) return fields;
  const handle = await open(file);
  try {
    for (const from of starts) {
      if (from < (fields.at(-1)?.to ?? 0)) continue;
      let first: Pick<ScannedRecord, 'fault' | 'lines' | 'length' | 'end'> | undefined;
      const scanner = new RecordScanner({ delimiter, maxRecordLines: Number.POSITIVE_INFINITY }, (record) => {
        first ??= { fault: record.fault, lines: record.lines, length: record.length, end: record.end };
      });
      const found = (): typeof first => first;
      let bytesRead = -1;
      for (let at = from; found() === undefined && bytesRead !== 0 && at <= from + MAX_RECORD_BYTES; at += bytesRead) {
        const bytes = Buffer.alloc(STEP_BYTES);
        ({ bytesRead } = await handle.read(bytes, 0, STEP_BYTES, at));
        scanner.push(bytes.subarray(0, bytesRead));
      }
      // Where the file ends, what is left is a record as well.
      if (bytesRead === 0) scanner.end();
      const record = found();
      if (record !== undefined && record.lines > 1)
        fields.push({ from, to: from + record.length + LINE_END_BYTES[record.end] });
    }
  } finally {
    await handle.close();
  }
  return fields;
}
