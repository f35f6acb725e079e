import { createReadStream } from 'node:fs';
import { NotTextError, type RecordDialect, RecordScanner, type ScanTotals } from '../../core/records/record-scanner.ts';
import type { ScannedRecord } from '../../core/records/scanned-record.ts';
import { FileRejectedError } from './errors.ts';

/** Bytes that are read of a file at a time. */
export const CHUNK_BYTES = 1 << 20;

/**
 * Scans the records of a file of CSV or TSV.
 *
 * @param settle is awaited before the next bytes are read
 * @throws FileRejectedError when it is no such text
 */
export async function scanFile(
  file: string,
  dialect: RecordDialect,
  take: (record: ScannedRecord) => void,
  settle?: (chunk: Buffer) => Promise<void>,
): Promise<ScanTotals> {
  const scanner = new RecordScanner(dialect, take);
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
      scanner.push(chunk);
      await settle?.(chunk);
    }
    return scanner.end();
  } catch (error) {
    if (error instanceof NotTextError) throw new FileRejectedError('format', error.message, { cause: error });
    throw error;
  }
}
