import type { Contract } from '../../core/contract/contract.ts';
import type { RecordDialect } from '../../core/records/record-scanner.ts';

/** How the records of a file are written: as the contract says, else as the ending of its name does. */
export const dialectOf = (file: string, { file: { delimiter, maxRecordLines } }: Contract): RecordDialect => ({
  delimiter: delimiter ?? (file.endsWith('.tsv') ? '\t' : ','),
  maxRecordLines,
});
