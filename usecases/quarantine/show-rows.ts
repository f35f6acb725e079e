import type { LineRanges } from '../../core/quarantine/line-ranges.ts';
import type { Home } from '../../platform/ports.ts';
import { withTemporaryFolder } from '../../platform/temporary-folder.ts';
import { reportsOfFile } from '../validation/find-reports.ts';
import { readQuarantinedRows } from '../validation/quarantined-rows.ts';
import type { QuarantinedRow } from '../validation/validation-view.ts';
import { RowsRefusedError } from './errors.ts';
import { type OpenedQuarantine, openQuarantine } from './open-quarantine.ts';
import { isReadFromSource, rawRows } from './raw-rows.ts';
import { countReturned } from './row-states.ts';
import { type RowsView, reasonOfView } from './rows-view.ts';

export interface ShowOptions {
  /** Id of the drop, or the key of its file. */
  readonly drop: string;
  /** Only rows that break a rule of this name, or whatever rule of the feature of this name. */
  readonly rule?: string | undefined;
  readonly lines?: LineRanges | undefined;
  readonly limit: number;
}

/**
 * Quarantined rows of a drop, with everything that is wrong with each.
 *
 * @throws UnknownDropError
 * @throws RowsRefusedError when it has none
 */
export function showRows(home: Home, { drop, rule, lines, limit }: ShowOptions): Promise<RowsView> {
  return withTemporaryFolder('rows', async (work) => {
    const { report, file, returns, states } = await openQuarantine(home, drop, work);
    const rows: RowsView['rows'] = [];
    let matching = 0;
    for await (const row of readQuarantinedRows(file)) {
      if (!breaks(row, rule) || lines?.has(row.line) === false) continue;
      matching++;
      if (rows.length === limit) continue;
      rows.push({
        line: row.line,
        lines: row.lines ?? 1,
        state: states.of(row.line),
        version: states.returnOf(row.line)?.manifest.version ?? null,
        reasons: row.reasons.map(reasonOfView),
        raw: row.raw ?? null,
        cut: row.cut ?? false,
      });
    }
    await addTexts(home, { report, file, rows, work });
    const last = (await reportsOfFile(home, report.dataset, report.drop)).at(-1)?.drop ?? report.drop;
    return {
      dataset: report.dataset,
      drop: report.drop,
      key: report.source.key,
      contract: report.contract,
      judgedAgainAs: last === report.drop ? null : last,
      mends: report.mends,
      states: await countReturned(file, returns),
      rows,
      matching,
    };
  });
}

interface Shown {
  readonly report: OpenedQuarantine['report'];
  readonly file: string;
  readonly rows: RowsView['rows'];
  readonly work: string;
}

/** Rows of Parquet have no text in quarantine: it is made from the file, as long as that is there. */
async function addTexts(home: Home, { report, file, rows, work }: Shown): Promise<void> {
  const bare = new Map(rows.filter(({ raw }) => raw === null).map((row) => [row.line, row]));
  if (bare.size === 0 || !isReadFromSource(report)) return;
  try {
    for await (const { row, text } of rawRows(home, { report, file }, (line) => bare.has(line), work))
      bare.get(row.line)!.raw = text ?? null;
  } catch (error) {
    if (!(error instanceof RowsRefusedError)) throw error;
  }
}

const breaks = ({ reasons }: QuarantinedRow, rule: string | undefined): boolean =>
  rule === undefined || reasons.some((reason) => reason.rule === rule || reason.feature === rule);
