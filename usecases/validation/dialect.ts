import type { Contract } from '../../core/contract/contract.ts';
import type { RecordDialect } from '../../core/records/record-scanner.ts';
import { DEFAULT_RECORD_LINES } from '../../core/records/scanned-record.ts';

/** How the records of a file are written: as the contract says, else as the ending of its name does. */
export const dialectOf = (file: string, { file: { delimiter, maxRecordLines } }: Contract): RecordDialect =>
  plainDialect(file, { ...(delimiter === undefined ? {} : { delimiter }), maxRecordLines });

/** The same without a contract. */
export const plainDialect = (file: string, stated: Partial<RecordDialect> = {}): RecordDialect => ({
  delimiter: file.endsWith('.tsv') ? '\t' : ',',
  maxRecordLines: DEFAULT_RECORD_LINES,
  ...stated,
});
