import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { LineRanges } from '../../core/quarantine/line-ranges.ts';
import { formatRecord } from '../../core/records/record-text.ts';
import type { Home } from '../../platform/ports.ts';
import { withTemporaryFolder } from '../../platform/temporary-folder.ts';
import { findReport } from '../validation/find-reports.ts';
import type { DropReport } from '../validation/report.ts';
import type { QuarantinedRow } from '../validation/validation-view.ts';
import { RowsRefusedError } from './errors.ts';
import { LINE_COLUMN, noteLine, REASONS_COLUMN } from './noted-line.ts';
import { openQuarantine } from './open-quarantine.ts';
import { rawRows, rowsFormat } from './raw-rows.ts';
import { MAX_NAMED, type RowsExportView } from './rows-view.ts';
import { exportedText } from './text-cell.ts';

export interface ExportOptions {
  /** Id of the drop, or the key of its file. */
  readonly drop: string;
  /** File that is written; it must not exist. */
  readonly out: string;
  /** Which lines; undefined for all that are open. */
  readonly lines: LineRanges | undefined;
  /** Whether each row says which line it is and what is wrong with it. */
  readonly reasons: boolean;
}

/**
 * Writes quarantined rows as they came, so that somebody mends them and puts them back: under the file's header, or as
 * JSON lines where the drop was JSON lines or Parquet.
 *
 * @throws UnknownDropError
 * @throws RowsRefusedError
 */
export function exportRows(home: Home, { drop, out, lines, reasons }: ExportOptions): Promise<RowsExportView> {
  return withTemporaryFolder('rows', async (work) => {
    const opened = await openQuarantine(home, drop, work);
    const { report, states } = opened;
    const { extension, delimiter } = rowsFormat(report);
    const own = new Set(report.columns);
    if (!out.endsWith(extension) && !(extension === '.jsonl' && out.endsWith('.ndjson')))
      throw new RowsRefusedError(
        `rows of ${report.source.key} are written as ${extension}: name the file so, received ${out}`,
      );
    if (!reasons) assertAscending(lines);
    const missing: RowsExportView['missing'] = [];
    let [rows, missingRows] = [0, 0];
    const wanted = (line: number): boolean => (lines === undefined ? states.of(line) === 'open' : lines.has(line));
    const unfinished = `${out}.unfinished`;
    const file = createWriteStream(unfinished, { flags: 'wx' });
    const write = async (text: string): Promise<void> => {
      if (!file.write(`${text}\n`)) await once(file, 'drain');
    };
    try {
      await once(file, 'open');
      if (delimiter !== undefined) {
        const header = await headerOf(home, report);
        await write(reasons ? formatRecord([LINE_COLUMN, REASONS_COLUMN], delimiter) + delimiter + header : header);
      }
      for await (const { row, text, missing: why } of rawRows(home, opened, wanted, work)) {
        if (text === undefined) {
          missingRows++;
          if (missing.length < MAX_NAMED) missing.push({ line: row.line, reason: why! });
          continue;
        }
        rows++;
        const record = delimiter === undefined ? text : exportedText(text, delimiter);
        // A byte order mark that the row begins with would be the file's, and the row be mended by that.
        if (rows === 1 && delimiter === undefined && !reasons && text.startsWith(MARK)) file.write(MARK);
        await write(reasons ? withReasons(row, record, { delimiter, own }) : record);
      }
      file.end();
      await finished(file);
      if (rows > 0) await rename(unfinished, out);
    } finally {
      file.destroy();
      await rm(unfinished, { force: true });
    }
    if (rows === 0) throw new RowsRefusedError(nothing(report, missing[0]?.reason));
    return { dataset: report.dataset, drop: report.drop, out, rows, missing, missingRows };
  });
}

/** Rows are written in the order of the file: whoever names them in another one would take them for each other. */
function assertAscending(lines: LineRanges | undefined): void {
  if (lines === undefined) return;
  let last = 0;
  for (const line of lines.inOrder()) {
    if (line <= last)
      throw new RowsRefusedError(
        `rows are written in the order of the file, each once: say --lines ${lines}, or --reasons`,
      );
    last = line;
  }
}

const MARK = '\ufeff';

const nothing = ({ drop }: DropReport, reason: string | undefined): string =>
  reason === undefined
    ? `no quarantined row of drop ${drop} is open any more: nothing is written`
    : `no row of drop ${drop} can be written: ${reason}`;

/** The header of the file; that of a mended file is that of the drop that it mends. */
async function headerOf(home: Home, { header, mends }: DropReport): Promise<string> {
  return header ?? (mends === null ? '' : ((await findReport(home, mends)).header ?? ''));
}

/** A row with its line and reasons in front. */
function withReasons(
  { line, mends, reasons }: QuarantinedRow,
  text: string,
  { delimiter, own }: { readonly delimiter: string | undefined; readonly own: ReadonlySet<string> },
): string {
  const number = mends ?? line;
  const why = reasons.map(({ feature, rule, allowed }) => `${feature} ${rule}: ${allowed}`).join('; ');
  if (delimiter !== undefined) return formatRecord([String(number), why], delimiter) + delimiter + text;
  return noteLine({ line: number, reasons: why }, text, own);
}
