import type { RecordDialect } from '../../core/records/record-scanner.ts';
import { assertText } from './csv-header.ts';
import { FileRejectedError } from './errors.ts';
import { scanFile } from './scan-file.ts';
import { scanLines } from './scan-lines.ts';
import type { ValidationView } from './validation-view.ts';

/** Records and physical lines of a file, all of them rejected. */
export type RejectedCounts = Pick<ValidationView, 'rows' | 'lines'>;

/** Of a file that cannot be scanned. */
export const NOTHING_COUNTED: RejectedCounts = {
  rows: { records: 0, accepted: 0, quarantined: 0 },
  lines: { total: 0, header: 0, blank: 0, accepted: 0, quarantined: 0 },
};

/**
 * Counts what is in a file that is rejected before its rows could be judged: no line may be lost from the account only
 * because the columns are wrong. The first record of CSV or TSV counts as its header.
 */
export async function countRejected(
  file: string,
  dialect: RecordDialect,
  signal?: AbortSignal,
): Promise<RejectedCounts> {
  const settle = async (): Promise<void> => signal?.throwIfAborted();
  try {
    if (/\.(csv|tsv)$/.test(file)) return await countCsv(file, dialect, settle);
    return /\.(jsonl|ndjson)$/.test(file) ? await countJsonLines(file, settle) : NOTHING_COUNTED;
  } catch (error) {
    if (error instanceof FileRejectedError) return NOTHING_COUNTED;
    throw error;
  }
}

type Settle = () => Promise<void>;

async function countCsv(file: string, dialect: RecordDialect, settle: Settle): Promise<RejectedCounts> {
  let records = 0;
  let header = 0;
  const { lines, blank } = await scanFile(
    file,
    dialect,
    (record) => {
      if (record.header) {
        assertText(record.bytes);
        header = record.lines;
      } else records++;
    },
    settle,
  );
  return rejected({ records, total: lines, header, blank });
}

async function countJsonLines(file: string, settle: Settle): Promise<RejectedCounts> {
  let records = 0;
  const { total, blank } = await scanLines(
    file,
    () => {
      records++;
    },
    settle,
  );
  return rejected({ records, total, header: 0, blank });
}

const rejected = ({
  records,
  total,
  header,
  blank,
}: {
  readonly records: number;
  readonly total: number;
  readonly header: number;
  readonly blank: number;
}): RejectedCounts => ({
  rows: { records, accepted: 0, quarantined: records },
  lines: { total, header, blank, accepted: 0, quarantined: total - header - blank },
});
